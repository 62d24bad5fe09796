-- Why: every call of a departmental is kept with everything it rested on, so that it can be made again and its answers
-- compared. Old binaries: they keep no calls and look at none. A call that one of them answers has no row, and no leaf
-- that says there is one.
--
-- A call has the number of its audit leaf, whose digest covers it: rows are pruned from the lowest number on, and cut
-- with the leaves. The body is packed as the bodies of versions are.

CREATE TABLE call (
    n BIGINT PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    t BIGINT NOT NULL,
    site TEXT NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    departmental TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    body BYTEA NOT NULL
);
-- Packed already.
ALTER TABLE call ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX call_id ON call (id, n);
CREATE INDEX call_departmental ON call (departmental, n);
