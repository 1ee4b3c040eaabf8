-- Instants are microseconds since 1970 in UTC, 0 is the zero time. Texts are
-- never NULL and sort by their bytes; a NULL blob is an empty one. Rows that are
-- written often have room beside them, so that an update stays on its page.

-- +goose Up

CREATE TABLE customers (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY,
    id      TEXT COLLATE "C" NOT NULL,
    profile TEXT COLLATE "C" NOT NULL, -- JSON of customer.Profile
    state   BYTEA, -- behaviour's own encoding
    PRIMARY KEY (seq)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE UNIQUE INDEX customers_by_id ON customers (id);

CREATE TABLE identities (
    external TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (external)
);
CREATE INDEX identities_by_customer ON identities (customer);

CREATE TABLE suppressions (
    channel TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    reason  TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (channel, address)
);

-- The log, one partition for each month of at; partitions are made when they
-- are first needed.
CREATE TABLE events (
    customer   TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    message_id TEXT COLLATE "C" NOT NULL,
    received   BIGINT NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    properties TEXT COLLATE "C" NOT NULL -- JSON object, '' when there are none
) PARTITION BY RANGE (at);
CREATE INDEX events_by_customer ON events (customer, name, at);

-- Which events there are: the first 16 bytes of the SHA-256 of each message id.
-- Partitions cannot keep a message id unique among them.
CREATE TABLE event_ids (
    id BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX event_ids_by_age ON event_ids USING brin (at);

CREATE TABLE outreaches (
    rowid      BIGINT GENERATED ALWAYS AS IDENTITY,
    rule       TEXT COLLATE "C" NOT NULL,
    customer   TEXT COLLATE "C" NOT NULL,
    n          BIGINT NOT NULL,
    about      TEXT COLLATE "C" NOT NULL,
    key        TEXT COLLATE "C" NOT NULL,
    version    TEXT COLLATE "C" NOT NULL,
    topic      TEXT COLLATE "C" NOT NULL,
    priority   BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    recorded   BIGINT NOT NULL,
    match      TEXT COLLATE "C" NOT NULL, -- JSON object, '' when empty
    trigger_id TEXT COLLATE "C" NOT NULL,
    status     TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    ended      BIGINT NOT NULL,
    position   BYTEA,
    seq        BIGINT NOT NULL,
    answer     BYTEA,
    next_at    BIGINT NOT NULL,
    wakes_on   TEXT COLLATE "C" NOT NULL, -- JSON list, '' when empty
    lease      BIGINT NOT NULL,
    sent       BIGINT NOT NULL,
    goal_at    BIGINT NOT NULL,
    PRIMARY KEY (rule, customer, n)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE UNIQUE INDEX outreaches_by_reason ON outreaches (rule, customer, about, key);
CREATE INDEX outreaches_by_customer ON outreaches (customer, status);
CREATE INDEX outreaches_tallied ON outreaches (rule, status, reason);
CREATE INDEX outreaches_matched ON outreaches (rule, priority DESC, next_at, n, rowid) WHERE status = 'matched';
CREATE INDEX outreaches_open ON outreaches (rule, next_at, rowid) WHERE status = 'open';
CREATE INDEX outreaches_waking ON outreaches (rule) WHERE status = 'open' AND wakes_on <> '';

CREATE TABLE decisions (
    id       BIGINT GENERATED ALWAYS AS IDENTITY,
    customer TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    rule     TEXT COLLATE "C" NOT NULL,
    n        BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    step     TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    template TEXT COLLATE "C" NOT NULL,
    planned  BIGINT NOT NULL,
    reason   TEXT COLLATE "C" NOT NULL,
    note     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX decisions_by_customer ON decisions (customer, at, id);

CREATE TABLE parts (
    rowid       BIGINT GENERATED ALWAYS AS IDENTITY,
    rule        TEXT COLLATE "C" NOT NULL,
    customer    TEXT COLLATE "C" NOT NULL,
    n           BIGINT NOT NULL,
    step        TEXT COLLATE "C" NOT NULL,
    channel     TEXT COLLATE "C" NOT NULL,
    topic       TEXT COLLATE "C" NOT NULL,
    template    TEXT COLLATE "C" NOT NULL,
    priority    BIGINT NOT NULL,
    planned     BIGINT NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    attempt     BIGINT NOT NULL,
    lease       BIGINT NOT NULL,
    retry_at    BIGINT NOT NULL,
    address     TEXT COLLATE "C" NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    provider_id TEXT COLLATE "C" NOT NULL,
    code        TEXT COLLATE "C" NOT NULL,
    sent        BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    answer      BYTEA, -- what a webhook answered: a JSON object
    deadline    BIGINT NOT NULL,
    value       DOUBLE PRECISION NOT NULL,
    item        BIGINT NOT NULL, -- 0 or 1
    digest      TEXT COLLATE "C" NOT NULL,
    carrier     TEXT COLLATE "C" NOT NULL,
    print       TEXT COLLATE "C" NOT NULL,
    turn        BIGINT NOT NULL,
    beside      BIGINT NOT NULL, -- 0 or 1
    PRIMARY KEY (rule, customer, n, step, channel)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX parts_by_customer ON parts (customer, planned);
CREATE INDEX parts_by_status ON parts (status, updated, rowid);
CREATE INDEX parts_by_provider_id ON parts (provider_id) WHERE provider_id <> '';
CREATE INDEX parts_by_address ON parts (address, sent)
    WHERE address <> '' AND status IN ('ambiguous', 'accepted', 'unknown', 'delivered', 'failed');
CREATE INDEX parts_sending ON parts (lease) WHERE status = 'sending';
CREATE INDEX parts_ambiguous ON parts (retry_at) WHERE status = 'ambiguous';

CREATE TABLE hints (
    id       BIGINT GENERATED ALWAYS AS IDENTITY,
    rule     TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    n        BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX hints_by_rule ON hints (rule, id);

CREATE TABLE dues (
    customer TEXT COLLATE "C" NOT NULL,
    rule     TEXT COLLATE "C" NOT NULL,
    about    TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (customer, rule, about)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX dues_by_rule ON dues (rule, at, customer, about);

-- By which values others find a customer.
CREATE TABLE shares (
    customer TEXT COLLATE "C" NOT NULL,
    trait    TEXT COLLATE "C" NOT NULL,
    value    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (customer, trait)
);
CREATE INDEX shares_by_value ON shares (trait, value, customer);

-- Events that customers are still to be told of.
CREATE TABLE news (
    id         BIGINT GENERATED ALWAYS AS IDENTITY,
    message_id TEXT COLLATE "C" NOT NULL,
    customer   TEXT COLLATE "C" NOT NULL, -- '' when all who share are meant
    name       TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    received   BIGINT NOT NULL,
    via        TEXT COLLATE "C" NOT NULL,
    properties TEXT COLLATE "C" NOT NULL,
    trait      TEXT COLLATE "C" NOT NULL,
    value      TEXT COLLATE "C" NOT NULL,
    told       TEXT COLLATE "C" NOT NULL, -- the last customer who was told, in id order
    PRIMARY KEY (id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE documents (
    rowid BIGINT GENERATED ALWAYS AS IDENTITY,
    kind  TEXT COLLATE "C" NOT NULL,
    name  TEXT COLLATE "C" NOT NULL,
    hash  TEXT COLLATE "C" NOT NULL,
    body  BYTEA,
    at    BIGINT NOT NULL,
    PRIMARY KEY (kind, name, hash)
);

CREATE TABLE active (
    kind    TEXT COLLATE "C" NOT NULL,
    name    TEXT COLLATE "C" NOT NULL,
    hash    TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    warm    BIGINT NOT NULL, -- 0 or 1
    warming TEXT COLLATE "C" NOT NULL,
    warmed  BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Holds in force and lifted ones: of a kind and name one is in force.
CREATE TABLE holds (
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    lifted     BIGINT NOT NULL, -- 0 while it is in force
    at         BIGINT NOT NULL,
    set_by     TEXT COLLATE "C" NOT NULL,
    note       TEXT COLLATE "C" NOT NULL,
    resumption TEXT COLLATE "C" NOT NULL,
    spread     BIGINT NOT NULL, -- microseconds
    PRIMARY KEY (kind, name, lifted)
);

-- Rules whose outreaches are to look at the store again, those behind (customer, n).
CREATE TABLE rechecks (
    rule     TEXT COLLATE "C" NOT NULL,
    customer TEXT COLLATE "C" NOT NULL,
    n        BIGINT NOT NULL,
    PRIMARY KEY (rule)
);

CREATE TABLE rejections (
    id     BIGINT GENERATED ALWAYS AS IDENTITY,
    at     BIGINT NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    body   BYTEA,
    PRIMARY KEY (id)
);

-- Counts, and numbers of rows of tables that are too long to count. Each is kept
-- in several rows, so that processes that count at once do not wait for each other.
CREATE TABLE counters (
    name  TEXT COLLATE "C" NOT NULL,
    slot  BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (name, slot)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE totals (
    name  TEXT COLLATE "C" NOT NULL,
    slot  BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (name, slot)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

CREATE TABLE settings (
    key   TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (key)
);

-- Where outreaches went when their customers were merged.
CREATE TABLE moved (
    rule        TEXT COLLATE "C" NOT NULL,
    customer    TEXT COLLATE "C" NOT NULL,
    n           BIGINT NOT NULL,
    to_customer TEXT COLLATE "C" NOT NULL,
    to_n        BIGINT NOT NULL,
    PRIMARY KEY (rule, customer, n)
);
CREATE INDEX moved_by_target ON moved (to_customer, rule);

-- When, how and by which text somebody said yes or no. Rows are never changed,
-- but for the customer whom another one turned out to be.
CREATE TABLE evidence (
    id       BIGINT GENERATED ALWAYS AS IDENTITY,
    at       BIGINT NOT NULL,
    customer TEXT COLLATE "C" NOT NULL, -- '' when nobody was known by the address
    act      TEXT COLLATE "C" NOT NULL,
    how      TEXT COLLATE "C" NOT NULL,
    topic    TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    address  TEXT COLLATE "C" NOT NULL,
    message  TEXT COLLATE "C" NOT NULL,
    template TEXT COLLATE "C" NOT NULL,
    text     TEXT COLLATE "C" NOT NULL,
    source   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX evidence_by_customer ON evidence (customer, id);
CREATE INDEX evidence_by_address ON evidence (channel, address, id) WHERE address <> '';

-- How far the messages of one scope are in its rate.
CREATE TABLE paces (
    scope    TEXT COLLATE "C" NOT NULL,
    next     BIGINT NOT NULL,
    urgent   BIGINT NOT NULL,
    until_at BIGINT NOT NULL,
    note     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (scope)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- The engine's processes, as each says of itself every few seconds.
CREATE TABLE processes (
    id      TEXT COLLATE "C" NOT NULL,
    role    TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    host    TEXT COLLATE "C" NOT NULL,
    started BIGINT NOT NULL,
    beat    BIGINT NOT NULL, -- by the process's own clock
    PRIMARY KEY (id)
);
