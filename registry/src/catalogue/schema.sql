-- What the registry knows beside the bytes of blobs, which lie in a folder under their digests.
-- Every statement can be run again on a catalogue that has it: this file is run at each start.
CREATE TABLE IF NOT EXISTS repository (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  -- modules/NAMESPACE/ or scratch/NAMESPACE/: near-miss names and bytes are looked at within it.
  namespace TEXT NOT NULL,
  bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS repository_by_namespace ON repository (namespace);

CREATE TABLE IF NOT EXISTS blob (
  repository INTEGER NOT NULL REFERENCES repository,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (repository, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blob_by_digest ON blob (digest);

CREATE TABLE IF NOT EXISTS manifest (
  id INTEGER PRIMARY KEY,
  repository INTEGER NOT NULL REFERENCES repository,
  digest TEXT NOT NULL,
  media_type TEXT NOT NULL,
  artifact_type TEXT,
  subject TEXT,
  -- JSON, repeated in a referrers answer.
  annotations TEXT,
  -- Digest of the component, when this is the manifest of a release.
  wasm TEXT,
  body BLOB NOT NULL,
  UNIQUE (repository, digest)
) STRICT;
CREATE INDEX IF NOT EXISTS manifest_by_subject ON manifest (repository, subject) WHERE subject IS NOT NULL;

CREATE TABLE IF NOT EXISTS tag (
  repository INTEGER NOT NULL REFERENCES repository,
  name TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY (repository, name)
) STRICT, WITHOUT ROWID;

-- Signatures that were verified when they were pushed. The release may come later.
CREATE TABLE IF NOT EXISTS signature (
  repository INTEGER NOT NULL REFERENCES repository,
  manifest TEXT NOT NULL,
  version TEXT NOT NULL,
  wasm TEXT NOT NULL,
  supplier TEXT NOT NULL,
  key_id TEXT NOT NULL,
  PRIMARY KEY (repository, manifest, version, key_id)
) STRICT, WITHOUT ROWID;

-- Releases that are there, tagged with their version, and signed for by the supplier of their namespace.
CREATE TABLE IF NOT EXISTS publication (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  repository INTEGER NOT NULL REFERENCES repository,
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  wasm TEXT NOT NULL,
  supplier TEXT NOT NULL,
  key_id TEXT NOT NULL,
  pushed_at TEXT NOT NULL,
  UNIQUE (repository, version)
) STRICT;
