-- Why: others subscribe to what happens in the record, and each is told every event once under a number of its own. Old
-- binaries: they count no events and deliver none, and do not see these tables. A subscription that one of them writes is
-- seen by the next new one that reads the log.
--
-- The numbers of a subscription's events rise from 1 without gaps: they are written in the transaction that moves the
-- cursor of the reader who counted them. What was delivered and is old is removed, so a subscription's first number here
-- may be greater than 1.

CREATE TABLE subscription (
    id TEXT PRIMARY KEY NOT NULL,
    author TEXT NOT NULL,
    shard INTEGER NOT NULL,
    hook INTEGER NOT NULL,
    status INTEGER NOT NULL,
    version INTEGER NOT NULL,
    last INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    due_ms INTEGER,
    since_ms INTEGER NOT NULL,
    said TEXT
);
CREATE INDEX subscription_due ON subscription (due_ms) WHERE due_ms IS NOT NULL;

CREATE TABLE subscription_event (
    subscription TEXT NOT NULL,
    number INTEGER NOT NULL,
    t INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    type INTEGER NOT NULL,
    resource TEXT NOT NULL,
    version INTEGER NOT NULL,
    what INTEGER NOT NULL,
    PRIMARY KEY (subscription, number)
);
CREATE INDEX subscription_event_at ON subscription_event (at_ms);
