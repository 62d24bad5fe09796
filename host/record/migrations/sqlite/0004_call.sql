-- Why: every call of a departmental is kept with everything it rested on, so that it can be made again and its answers
-- compared. Old binaries: they keep no calls and look at none. A call that one of them answers has no row, and no leaf
-- that says there is one.
--
-- A call has the number of its audit leaf, whose digest covers it: rows are pruned from the lowest number on, and cut
-- with the leaves. The body is packed as the bodies of versions are.

CREATE TABLE call (
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    t INTEGER NOT NULL,
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    departmental TEXT NOT NULL,
    digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX call_id ON call (id, n);
CREATE INDEX call_departmental ON call (departmental, n);
