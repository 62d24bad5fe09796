-- Why: a document that a partner holds is shown from a copy while its holder says that the copy holds, and when the holder
-- cannot be asked. Old binaries: they look at no copies; what they leave behind is asked about again.
--
-- A copy is no part of the log: a restored record begins without any, and whoever removes one loses nothing.

CREATE TABLE document_copy (
    pointer TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C" NOT NULL,
    holder TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    etag TEXT NOT NULL,
    last_modified TEXT NOT NULL,
    asked_ms BIGINT NOT NULL,
    life_ms BIGINT,
    rule BIGINT NOT NULL,
    used_ms BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (pointer, address)
);
CREATE INDEX document_copy_used ON document_copy (used_ms, bytes);
CREATE INDEX document_copy_holder ON document_copy (holder);
-- Most are packed already.
ALTER TABLE document_copy ALTER COLUMN body SET STORAGE EXTERNAL;
