-- Why: the record begins. Old binaries: there are none.
--
-- A resource has a number r: its type's number times 2^40 plus a number that rises with every new resource. Its patient
-- compartment is that rising number of the patient, or, where there is none, minus its own rising number. Versions are only
-- ever appended. An index row says that a resource had a value from commit from_t until before commit to_t; NULL means still.

CREATE TABLE commits (
    t INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    v_last INTEGER NOT NULL,
    seq_last INTEGER NOT NULL,
    site TEXT NOT NULL,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    basis TEXT NOT NULL
);
CREATE INDEX commits_at ON commits (at_ms);

CREATE TABLE resource (
    type INTEGER NOT NULL,
    id TEXT NOT NULL,
    r INTEGER NOT NULL,
    PRIMARY KEY (type, id)
) WITHOUT ROWID;

CREATE TABLE version (
    v INTEGER PRIMARY KEY,
    r INTEGER NOT NULL,
    version INTEGER NOT NULL,
    from_t INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    what INTEGER NOT NULL,
    compartment INTEGER NOT NULL,
    id TEXT NOT NULL,
    body BLOB
);
CREATE UNIQUE INDEX version_of ON version (r, version, from_t, what, compartment);
CREATE INDEX version_in ON version (compartment, r, version, from_t, what) WHERE compartment > 0;

CREATE TABLE index_term (
    parameter INTEGER NOT NULL,
    value INTEGER NOT NULL,
    compartment INTEGER NOT NULL,
    r INTEGER NOT NULL,
    system INTEGER NOT NULL,
    from_t INTEGER NOT NULL,
    to_t INTEGER,
    PRIMARY KEY (parameter, value, compartment, r, system, from_t)
) WITHOUT ROWID;

CREATE TABLE index_text (
    parameter INTEGER NOT NULL,
    value TEXT NOT NULL,
    compartment INTEGER NOT NULL,
    r INTEGER NOT NULL,
    from_t INTEGER NOT NULL,
    to_t INTEGER,
    PRIMARY KEY (parameter, value, compartment, r, from_t)
) WITHOUT ROWID;

CREATE TABLE index_date (
    parameter INTEGER NOT NULL,
    compartment INTEGER NOT NULL,
    low INTEGER NOT NULL,
    r INTEGER NOT NULL,
    high INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    from_t INTEGER NOT NULL,
    to_t INTEGER,
    PRIMARY KEY (parameter, compartment, low, r, high, ends, from_t)
) WITHOUT ROWID;
CREATE INDEX index_date_everywhere ON index_date (parameter, low, r);

CREATE TABLE index_amount (
    parameter INTEGER NOT NULL,
    compartment INTEGER NOT NULL,
    low REAL NOT NULL,
    r INTEGER NOT NULL,
    high REAL NOT NULL,
    system INTEGER NOT NULL,
    code INTEGER NOT NULL,
    unit INTEGER NOT NULL,
    from_t INTEGER NOT NULL,
    to_t INTEGER,
    PRIMARY KEY (parameter, compartment, low, r, high, system, code, unit, from_t)
) WITHOUT ROWID;

CREATE TABLE message (
    source TEXT NOT NULL,
    control_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    t INTEGER NOT NULL,
    received_at TEXT NOT NULL,
    site TEXT NOT NULL,
    reason TEXT,
    field TEXT,
    bytes BLOB NOT NULL,
    PRIMARY KEY (source, control_id, digest)
);
CREATE INDEX message_parked ON message (t) WHERE reason IS NOT NULL;

CREATE TABLE place_in_log (name TEXT PRIMARY KEY, t INTEGER NOT NULL) WITHOUT ROWID;

-- The audit: the leaves of one batch in one row, under the number of the last of them, with its digest.
CREATE TABLE leaf (
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    digest BLOB NOT NULL,
    leaves BLOB NOT NULL
);

CREATE TABLE shelf (
    shelf INTEGER NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    ends_at_ms INTEGER,
    PRIMARY KEY (shelf, name)
) WITHOUT ROWID;
