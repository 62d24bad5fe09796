-- Why: large licensed code systems (SNOMED CT, dm+d) are loaded as releases into tables of their own.
-- Old binaries: know nothing of these tables and work as before; they refuse to open a database that was migrated further.
--
-- A release is filled in numbered batches and becomes ready at the end; which release is in use is said by a CodeSystem
-- resource in the log. Concepts of a release are numbered from the top of the hierarchy down, so that what lies below a
-- concept is a few ranges of n. Sets of numbers (parents, children, below, members) are packed: gap and length of each range.

CREATE TABLE terminology_release (
    release BIGINT PRIMARY KEY,
    system TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    concepts BIGINT NOT NULL,
    batches BIGINT NOT NULL,
    ready BIGINT NOT NULL,
    UNIQUE (system, version)
);

CREATE TABLE terminology_concept (
    release BIGINT NOT NULL,
    n BIGINT NOT NULL,
    hash BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    display TEXT NOT NULL,
    parents BYTEA NOT NULL,
    children BYTEA NOT NULL,
    below BYTEA NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (release, n)
);
CREATE INDEX terminology_concept_of ON terminology_concept (release, hash) INCLUDE (n);

-- Which concepts have a word in a name, a property with a value, or a place in a reference set. value_n is the number of the
-- value where it is a concept of the same release, and -1 otherwise.
CREATE TABLE terminology_posting (
    release BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    value_n BIGINT NOT NULL,
    members BYTEA NOT NULL,
    PRIMARY KEY (release, kind, key)
);

CREATE TABLE terminology_map (
    release BIGINT NOT NULL,
    map TEXT COLLATE "C" NOT NULL,
    n BIGINT NOT NULL,
    place BIGINT NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (release, map, n, place)
);
CREATE INDEX terminology_map_to ON terminology_map (release, map, target);
