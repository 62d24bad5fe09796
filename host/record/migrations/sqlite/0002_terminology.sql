-- Why: large licensed code systems (SNOMED CT, dm+d) are loaded as releases into tables of their own.
-- Old binaries: know nothing of these tables and work as before; they refuse to open a database that was migrated further.
--
-- A release is filled in numbered batches and becomes ready at the end; which release is in use is said by a CodeSystem
-- resource in the log. Concepts of a release are numbered from the top of the hierarchy down, so that what lies below a
-- concept is a few ranges of n. Sets of numbers (parents, children, below, members) are packed: gap and length of each range.

CREATE TABLE terminology_release (
    release INTEGER PRIMARY KEY,
    system TEXT NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    concepts INTEGER NOT NULL,
    batches INTEGER NOT NULL,
    ready INTEGER NOT NULL,
    UNIQUE (system, version)
);

CREATE TABLE terminology_concept (
    release INTEGER NOT NULL,
    n INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    code TEXT NOT NULL,
    display TEXT NOT NULL,
    parents BLOB NOT NULL,
    children BLOB NOT NULL,
    below BLOB NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (release, n)
) WITHOUT ROWID;
CREATE INDEX terminology_concept_of ON terminology_concept (release, hash);

-- Which concepts have a word in a name, a property with a value, or a place in a reference set. value_n is the number of the
-- value where it is a concept of the same release, and -1 otherwise.
CREATE TABLE terminology_posting (
    release INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value_n INTEGER NOT NULL,
    members BLOB NOT NULL,
    PRIMARY KEY (release, kind, key)
) WITHOUT ROWID;

CREATE TABLE terminology_map (
    release INTEGER NOT NULL,
    map TEXT NOT NULL,
    n INTEGER NOT NULL,
    place INTEGER NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (release, map, n, place)
) WITHOUT ROWID;
CREATE INDEX terminology_map_to ON terminology_map (release, map, target);
