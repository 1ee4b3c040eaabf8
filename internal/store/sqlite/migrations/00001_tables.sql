-- Instants are microseconds since 1970 in UTC, 0 is the zero time. Texts are
-- never NULL; a NULL blob is an empty one.

-- +goose Up

CREATE TABLE customers (
    seq     INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    profile TEXT NOT NULL, -- JSON of customer.Profile
    state   BLOB           -- behaviour's own encoding
) STRICT;

CREATE TABLE identities (
    external TEXT NOT NULL PRIMARY KEY,
    customer TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_customer ON identities (customer);

CREATE TABLE suppressions (
    channel TEXT    NOT NULL,
    address TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (channel, address)
) STRICT, WITHOUT ROWID;

-- A table by row number and two narrow indexes take events in faster than one
-- table in the customers' order, and stay faster as the log grows.
CREATE TABLE events (
    id         INTEGER PRIMARY KEY,
    message_id TEXT    NOT NULL,
    customer   TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    received   INTEGER NOT NULL,
    via        TEXT    NOT NULL,
    properties TEXT    NOT NULL -- JSON object, '' when there are none
) STRICT;
CREATE UNIQUE INDEX events_by_message_id ON events (message_id);
CREATE INDEX events_by_customer ON events (customer, name, at);

CREATE TABLE outreaches (
    rule       TEXT    NOT NULL,
    customer   TEXT    NOT NULL,
    n          INTEGER NOT NULL,
    about      TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    topic      TEXT    NOT NULL,
    priority   INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    recorded   INTEGER NOT NULL,
    match      TEXT    NOT NULL, -- JSON object, '' when empty
    trigger_id TEXT    NOT NULL,
    status     TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    ended      INTEGER NOT NULL,
    position   BLOB,
    seq        INTEGER NOT NULL,
    answer     BLOB,
    next_at    INTEGER NOT NULL,
    wakes_on   TEXT    NOT NULL, -- JSON list, '' when empty
    lease      INTEGER NOT NULL,
    sent       INTEGER NOT NULL,
    goal_at    INTEGER NOT NULL,
    PRIMARY KEY (rule, customer, n)
) STRICT;
CREATE UNIQUE INDEX outreaches_by_reason ON outreaches (rule, customer, about, key);
CREATE INDEX outreaches_by_customer ON outreaches (customer, status);
CREATE INDEX outreaches_tallied ON outreaches (rule, status, reason);
CREATE INDEX outreaches_matched ON outreaches (rule, priority DESC, next_at, n) WHERE status = 'matched';
CREATE INDEX outreaches_open ON outreaches (rule, next_at) WHERE status = 'open';

CREATE TABLE decisions (
    id       INTEGER PRIMARY KEY,
    customer TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    rule     TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    step     TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    template TEXT    NOT NULL,
    planned  INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    note     TEXT    NOT NULL
) STRICT;
CREATE INDEX decisions_by_customer ON decisions (customer, at);

CREATE TABLE parts (
    rule        TEXT    NOT NULL,
    customer    TEXT    NOT NULL,
    n           INTEGER NOT NULL,
    step        TEXT    NOT NULL,
    channel     TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    template    TEXT    NOT NULL,
    priority    INTEGER NOT NULL,
    planned     INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    attempt     INTEGER NOT NULL,
    lease       INTEGER NOT NULL,
    retry_at    INTEGER NOT NULL,
    address     TEXT    NOT NULL,
    provider    TEXT    NOT NULL,
    provider_id TEXT    NOT NULL,
    code        TEXT    NOT NULL,
    sent        INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    PRIMARY KEY (rule, customer, n, step, channel)
) STRICT;
CREATE INDEX parts_by_customer ON parts (customer, planned);
CREATE INDEX parts_by_status ON parts (status, updated);

-- AUTOINCREMENT: a dropped hint's number never names another hint.
CREATE TABLE hints (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    rule     TEXT    NOT NULL,
    customer TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
CREATE INDEX hints_by_rule ON hints (rule, id);

CREATE TABLE dues (
    customer TEXT    NOT NULL,
    rule     TEXT    NOT NULL,
    about    TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (customer, rule, about)
) STRICT, WITHOUT ROWID;
CREATE INDEX dues_by_rule ON dues (rule, at);

CREATE TABLE documents (
    kind TEXT    NOT NULL,
    name TEXT    NOT NULL,
    hash TEXT    NOT NULL,
    body BLOB,
    at   INTEGER NOT NULL,
    PRIMARY KEY (kind, name, hash)
) STRICT;

CREATE TABLE active (
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    hash    TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    warm    INTEGER NOT NULL, -- 0 or 1
    warming TEXT    NOT NULL,
    warmed  INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
    kind   TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    set_by TEXT    NOT NULL,
    note   TEXT    NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejections (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     INTEGER NOT NULL,
    source TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    body   BLOB
) STRICT;

CREATE TABLE counters (
    name  TEXT    NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Numbers of rows, kept beside tables that are too long to count.
CREATE TABLE totals (
    name  TEXT    NOT NULL PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
