-- +goose Up

-- Until when a message may go, and what it is worth: who yields when a cap is full.
ALTER TABLE parts ADD COLUMN deadline INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parts ADD COLUMN value REAL NOT NULL DEFAULT 0;

-- Items go out in another message: by a digest, or by any; carrier is its send key.
ALTER TABLE parts ADD COLUMN item INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parts ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE parts ADD COLUMN carrier TEXT NOT NULL DEFAULT '';
