-- +goose Up

-- Holds in force and lifted ones: of a kind and name one is in force.
CREATE TABLE kept_holds (
    kind       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    lifted     INTEGER NOT NULL, -- 0 while it is in force
    at         INTEGER NOT NULL,
    set_by     TEXT    NOT NULL,
    note       TEXT    NOT NULL,
    resumption TEXT    NOT NULL, -- '' while it is in force
    spread     INTEGER NOT NULL, -- microseconds, 0 while it is in force
    PRIMARY KEY (kind, name, lifted)
) STRICT, WITHOUT ROWID;
INSERT INTO kept_holds (kind, name, lifted, at, set_by, note, resumption, spread)
    SELECT kind, name, 0, at, set_by, note, '', 0 FROM holds;
DROP TABLE holds;
ALTER TABLE kept_holds RENAME TO holds;

-- Rules whose outreaches are to look at the store again, those behind
-- (customer, n).
CREATE TABLE rechecks (
    rule     TEXT    NOT NULL PRIMARY KEY,
    customer TEXT    NOT NULL,
    n        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
