-- Why: changes of the record are sent to other systems as HL7 v2, each interface by a queue of its own that survives
-- whatever happens to host and receiver. Old binaries: they send nothing and look at none of this.
--
-- A place is how far in the log an interface has come (t) and the last number it has given (n). A message is made once,
-- in the transaction that moves the place behind its commit, and its bytes never change; state is 0 while it waits, 1
-- when it was taken, 2 when it is a dead letter, 3 when somebody dropped it.

CREATE TABLE sending_place (
    interface TEXT PRIMARY KEY NOT NULL,
    t INTEGER NOT NULL,
    n INTEGER NOT NULL
);

CREATE TABLE sending (
    n INTEGER NOT NULL,
    t INTEGER NOT NULL,
    made_ms INTEGER NOT NULL,
    next_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    state INTEGER NOT NULL,
    interface TEXT NOT NULL,
    control_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    said TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (interface, n)
);
CREATE UNIQUE INDEX sending_control_id ON sending (interface, control_id);
CREATE INDEX sending_state ON sending (interface, state, n);
CREATE INDEX sending_ended ON sending (state, ended_ms);
