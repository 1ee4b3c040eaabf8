-- +goose Up

-- How long a process takes to take events in, in percent of how long at best of
-- late; 0: none came.
ALTER TABLE processes ADD COLUMN slowed BIGINT NOT NULL DEFAULT 0;
