-- Why: the record begins. Old binaries: there are none.
--
-- A resource has a number r: its type's number times 2^40 plus a number that rises with every new resource. Its patient
-- compartment is that rising number of the patient, or, where there is none, minus its own rising number. Versions are only
-- ever appended. An index row says that a resource had a value from commit from_t until before commit to_t; NULL means
-- still. A value of `version.what` of 3 is no version, but the note in a compartment that the resource lives elsewhere from
-- that commit on: so the last row of a resource in a compartment says whether it stands there.
--
-- What grows with patients' facts lies in 16 partitions by the hash of the compartment, and every unique key of it holds
-- the compartment. `resource`, which finds the number of a key, lies in 16 by the hash of the id. DISTRIBUTED.md beside
-- this file says how to spread them over machines. Columns are ordered by width, so that no row holds padding inside.

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

-- The compartment is where the resource began: a hint for those who read it, not where it must be now.
CREATE TABLE resource (
    r BIGINT NOT NULL,
    compartment BIGINT NOT NULL,
    type INTEGER NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (id, type)
) PARTITION BY HASH (id);

CREATE TABLE version (
    v BIGINT NOT NULL,
    r BIGINT NOT NULL,
    compartment BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    version INTEGER NOT NULL,
    what SMALLINT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    body BYTEA,
    PRIMARY KEY (compartment, r, version)
) PARTITION BY HASH (compartment);
-- Bodies come packed: packing them again would only take time.
ALTER TABLE version ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX version_of ON version (r, version);
CREATE INDEX version_in_order ON version (v);

-- Without r in its key, the rows of one patient with one value are one entry with a list: a third of the bytes.
CREATE TABLE index_term (
    value BIGINT NOT NULL,
    compartment BIGINT NOT NULL,
    r BIGINT NOT NULL,
    system BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    parameter INTEGER NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX index_term_by_value ON index_term (parameter, value, compartment);

CREATE TABLE index_text (
    compartment BIGINT NOT NULL,
    r BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    parameter INTEGER NOT NULL,
    value TEXT COLLATE "C" NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX index_text_by_value ON index_text (parameter, value, compartment);

CREATE TABLE index_date (
    compartment BIGINT NOT NULL,
    r BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    parameter INTEGER NOT NULL,
    ends SMALLINT NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX index_date_in_compartment ON index_date (compartment, parameter, low, r);
CREATE INDEX index_date_everywhere ON index_date (parameter, low, r);

CREATE TABLE index_amount (
    compartment BIGINT NOT NULL,
    r BIGINT NOT NULL,
    low DOUBLE PRECISION NOT NULL,
    high DOUBLE PRECISION NOT NULL,
    system BIGINT NOT NULL,
    code BIGINT NOT NULL,
    unit BIGINT NOT NULL,
    from_t BIGINT NOT NULL,
    to_t BIGINT,
    parameter INTEGER NOT NULL
) PARTITION BY HASH (compartment);
CREATE INDEX index_amount_in_compartment ON index_amount (compartment, parameter, low);
CREATE INDEX index_amount_everywhere ON index_amount (parameter, low);

DO $$
DECLARE
    parent TEXT;
BEGIN
    FOREACH parent IN ARRAY ARRAY['resource', 'version', 'index_term', 'index_text', 'index_date', 'index_amount'] LOOP
        FOR part IN 0..15 LOOP
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                parent || '_' || part, parent, part
            );
        END LOOP;
    END LOOP;
END
$$;

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

-- The audit: the leaves of one batch in one row, under the number of the last of them, with its digest.
CREATE TABLE leaf (
    n BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    leaves BYTEA NOT NULL
);

CREATE TABLE shelf (
    shelf BIGINT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    ends_at_ms BIGINT,
    PRIMARY KEY (shelf, name)
);
