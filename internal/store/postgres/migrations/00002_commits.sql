-- +goose Up

-- The newest commit of each writer, for whoever lost the answer to it.
CREATE TABLE commits (
    writer TEXT COLLATE "C" NOT NULL,
    n      BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (writer)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
