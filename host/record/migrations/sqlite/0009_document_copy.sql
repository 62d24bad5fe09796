-- Why: a document that a partner holds is shown from a copy while its holder says that the copy holds, and when the holder
-- cannot be asked. Old binaries: they look at no copies; what they leave behind is asked about again.
--
-- A copy is no part of the log: a restored record begins without any, and whoever removes one loses nothing.

CREATE TABLE document_copy (
    pointer TEXT NOT NULL,
    address TEXT NOT NULL,
    holder TEXT NOT NULL,
    version INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    life_ms INTEGER,
    rule INTEGER NOT NULL,
    used_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (pointer, address)
);
CREATE INDEX document_copy_used ON document_copy (used_ms, bytes);
CREATE INDEX document_copy_holder ON document_copy (holder);
