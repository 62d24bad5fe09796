-- Why: several hosts work on one record, and some work (reactions to the log) only one of them may do at a time. Old
-- binaries: they neither take nor heed leases. Beside a new one they may do the same work; since a cursor moves only from
-- where its reader believes it to be, an event still has one effect.
--
-- The token rises whenever a lease changes hands. Whoever moves a cursor under a lease says the token, and with another
-- one in the table nothing is written.

CREATE TABLE lease (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    token BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);
