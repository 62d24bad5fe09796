-- Why: what could not be filed holds back later messages of its patient, and is corrected, filed again or dropped. Old
-- binaries: they know nothing of these tables. What one of them parks holds back nobody, and what one of them files is not
-- held back; they read a message that waits as parked. The list of what waits does not show what they parked meanwhile.
--
-- A message has the number of the commit that kept it. A fate says what has become of it from commit from_t until before
-- commit to_t; NULL means still. A message that was filed when it arrived has none. Fates: 0 filed, 1 parked, 2 held behind
-- another, 3 waiting for its patient, 4 to be filed again, 5 corrected by another, 6 dropped, 7 filed, but its stay is not known. A number is one by which a
-- message that waits knows its patient. Messages are filed by place: their own number, or that of the one they correct. A
-- sender's line counts what it sent.

CREATE INDEX message_t ON message (t);

CREATE TABLE message_fate (
    message INTEGER NOT NULL,
    from_t INTEGER NOT NULL,
    to_t INTEGER,
    fate INTEGER NOT NULL,
    place INTEGER NOT NULL,
    site TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    field TEXT,
    other INTEGER,
    PRIMARY KEY (message, from_t)
) WITHOUT ROWID;
CREATE INDEX message_fate_now ON message_fate (site, source, fate, message) WHERE to_t IS NULL;
CREATE INDEX message_fate_waiting ON message_fate (fate, message) WHERE to_t IS NULL;

CREATE TABLE message_number (
    number TEXT NOT NULL,
    message INTEGER NOT NULL,
    place INTEGER NOT NULL,
    to_t INTEGER,
    PRIMARY KEY (number, message)
) WITHOUT ROWID;
CREATE INDEX message_number_of ON message_number (message);

CREATE TABLE message_sender (
    site TEXT NOT NULL,
    source TEXT NOT NULL,
    received INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    PRIMARY KEY (site, source)
) WITHOUT ROWID;

INSERT INTO message_fate (message, from_t, fate, place, site, source, reason, field)
    SELECT t, t, 1, t, site, source, reason, field FROM message WHERE reason IS NOT NULL;
INSERT INTO message_sender (site, source, received, last_at)
    SELECT site, source, count(*), max(received_at) FROM message GROUP BY site, source;
