-- +goose Up

-- By which values others find a customer.
CREATE TABLE shares (
    customer TEXT NOT NULL,
    trait    TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (customer, trait)
) STRICT, WITHOUT ROWID;
CREATE INDEX shares_by_value ON shares (trait, value, customer);

-- Events that customers are still to be told of. AUTOINCREMENT: a dropped
-- one's number never names another.
CREATE TABLE news (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT    NOT NULL,
    customer   TEXT    NOT NULL, -- '' when all who share are meant
    name       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    via        TEXT    NOT NULL,
    properties TEXT    NOT NULL, -- JSON object, '' when there are none
    trait      TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    told       TEXT    NOT NULL  -- the last customer who was told, in id order
) STRICT;

-- What a webhook answered: a JSON object.
ALTER TABLE parts ADD COLUMN answer BLOB;
