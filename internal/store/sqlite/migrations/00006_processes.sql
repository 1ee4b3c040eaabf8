-- +goose Up

-- The engine's processes, as each says of itself every few seconds.
CREATE TABLE processes (
    id      TEXT    NOT NULL PRIMARY KEY,
    role    TEXT    NOT NULL,
    version TEXT    NOT NULL,
    host    TEXT    NOT NULL,
    started INTEGER NOT NULL,
    beat    INTEGER NOT NULL -- by the process's own clock
) STRICT, WITHOUT ROWID;
