-- +goose Up

-- What is known of the newest attempt's text, a message's turn in the rates,
-- and whether another channel took its place.
ALTER TABLE parts ADD COLUMN print TEXT NOT NULL DEFAULT '';
ALTER TABLE parts ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE parts ADD COLUMN beside INTEGER NOT NULL DEFAULT 0;

-- How providers' words find their message, and which attempts nobody knows the
-- end of.
CREATE INDEX parts_by_provider_id ON parts (provider_id) WHERE provider_id <> '';
CREATE INDEX parts_by_address ON parts (address, sent)
    WHERE address <> '' AND status IN ('ambiguous', 'accepted', 'unknown', 'delivered', 'failed');
CREATE INDEX parts_sending ON parts (lease) WHERE status = 'sending';
CREATE INDEX parts_ambiguous ON parts (retry_at) WHERE status = 'ambiguous';

-- Where outreaches went when their customers were merged.
CREATE TABLE moved (
    rule     TEXT    NOT NULL,
    customer TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    to_customer TEXT NOT NULL,
    to_n     INTEGER NOT NULL,
    PRIMARY KEY (rule, customer, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX moved_by_target ON moved (to_customer, rule);

-- When, how and by which text somebody said yes or no. Rows are never changed,
-- but for the customer whom another one turned out to be.
CREATE TABLE evidence (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    customer TEXT    NOT NULL, -- '' when nobody was known by the address
    act      TEXT    NOT NULL,
    how      TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    message  TEXT    NOT NULL,
    template TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    source   TEXT    NOT NULL
) STRICT;
CREATE INDEX evidence_by_customer ON evidence (customer, id);
CREATE INDEX evidence_by_address ON evidence (channel, address, id) WHERE address <> '';

-- How far the messages of one scope are in its rate.
CREATE TABLE paces (
    scope    TEXT    NOT NULL PRIMARY KEY,
    next     INTEGER NOT NULL,
    urgent   INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    note     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
