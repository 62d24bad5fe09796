-- Why: the record begins. Old binaries: there are none.
--
-- A resource has a number r: its type's number times 2^40 plus a number that rises with every new resource. Its patient
-- compartment is that rising number of the patient, or, where there is none, minus its own rising number. Versions are only ever appended. An index row says that
-- a resource had a value from commit from_t until before commit to_t; NULL means still. Every unique key of a table that
-- grows with patients' facts holds the compartment, but for resource, which finds it.

CREATE TABLE commits (
    t BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    v_last BIGINT NOT NULL,
    seq_last BIGINT NOT NULL,
    site TEXT NOT NULL,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    basis TEXT NOT NULL
);
CREATE INDEX commits_at ON commits (at_ms);

CREATE TABLE resource (
    type BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    r BIGINT NOT NULL,
    PRIMARY KEY (type, id)
);

CREATE TABLE version (
    v BIGINT NOT NULL,
    r BIGINT NOT NULL,
    version BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    what BIGINT NOT NULL,
    compartment BIGINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    body BYTEA,
    PRIMARY KEY (compartment, v)
);
CREATE INDEX version_in_order ON version (v);
CREATE UNIQUE INDEX version_of ON version (r, version, from_t, what, compartment);
CREATE INDEX version_in ON version (compartment, r, version, from_t, what) WHERE compartment > 0;

CREATE TABLE index_term (
    parameter INTEGER NOT NULL,
    value BIGINT NOT NULL,
    compartment BIGINT NOT NULL,
    r BIGINT NOT NULL,
    system BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    PRIMARY KEY (parameter, value, compartment, r, system, from_t)
);

CREATE TABLE index_text (
    parameter INTEGER NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    compartment BIGINT NOT NULL,
    r BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    PRIMARY KEY (parameter, value, compartment, r, from_t)
);

CREATE TABLE index_date (
    parameter INTEGER NOT NULL,
    compartment BIGINT NOT NULL,
    low BIGINT NOT NULL,
    r BIGINT NOT NULL,
    high BIGINT NOT NULL,
    ends BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    PRIMARY KEY (parameter, compartment, low, r, high, ends, from_t)
);
CREATE INDEX index_date_everywhere ON index_date (parameter, low, r);

CREATE TABLE index_amount (
    parameter INTEGER NOT NULL,
    compartment BIGINT NOT NULL,
    low DOUBLE PRECISION NOT NULL,
    r BIGINT NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    system BIGINT NOT NULL,
    code BIGINT NOT NULL,
    unit BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    PRIMARY KEY (parameter, compartment, low, r, high, system, code, unit, from_t)
);

CREATE TABLE message (
    source TEXT NOT NULL,
    control_id TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    t BIGINT NOT NULL,
    received_at TEXT NOT NULL,
    site TEXT NOT NULL,
    reason TEXT,
    field TEXT,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (source, control_id, digest)
);
CREATE INDEX message_parked ON message (t) WHERE reason IS NOT NULL;

CREATE TABLE place_in_log (name TEXT PRIMARY KEY, t BIGINT NOT NULL);

CREATE TABLE leaf (
    n BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    account TEXT NOT NULL,
    role TEXT NOT NULL,
    site TEXT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL,
    t BIGINT NOT NULL,
    count BIGINT NOT NULL,
    digest BYTEA NOT NULL
);

CREATE TABLE shelf (
    shelf BIGINT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    ends_at_ms BIGINT,
    PRIMARY KEY (shelf, name)
);
