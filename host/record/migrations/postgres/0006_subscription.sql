-- Why: others subscribe to what happens in the record, and each is told every event once under a number of its own. Old
-- binaries: they count no events and deliver none, and do not see these tables. A subscription that one of them writes is
-- seen by the next new one that reads the log.
--
-- The numbers of a subscription's events rise from 1 without gaps: they are written in the transaction that moves the
-- cursor of the reader who counted them. What was delivered and is old is removed, so a subscription's first number here
-- may be greater than 1.

CREATE TABLE subscription (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    author TEXT NOT NULL,
    shard BIGINT NOT NULL,
    hook BIGINT NOT NULL,
    status BIGINT NOT NULL,
    version BIGINT NOT NULL,
    last BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    due_ms BIGINT,
    since_ms BIGINT NOT NULL,
    said TEXT
);
CREATE INDEX subscription_due ON subscription (due_ms) WHERE due_ms IS NOT NULL;

CREATE TABLE subscription_event (
    subscription TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    t BIGINT NOT NULL,
    at_ms BIGINT NOT NULL,
    type BIGINT NOT NULL,
    resource TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    what BIGINT NOT NULL,
    PRIMARY KEY (subscription, number)
);
CREATE INDEX subscription_event_at ON subscription_event (at_ms);
