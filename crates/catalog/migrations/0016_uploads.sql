-- Files on their way in, for an import, and more of what is known of an image.

CREATE TABLE uploads (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL,
    region       TEXT NOT NULL,
    -- SHA-256 of the token that its bytes are sent under. The token itself is nowhere.
    token_digest BLOB NOT NULL,
    bytes        INTEGER NOT NULL,
    -- Of the whole file.
    sha256       BLOB NOT NULL,
    -- All bytes are there and are those of the digest.
    complete     INTEGER NOT NULL,
    -- The job that reads it; empty until then.
    job_id       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    -- When it is given up, unless a job reads it.
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX uploads_by_token ON uploads (token_digest);
CREATE INDEX uploads_of_scope ON uploads (account, region);

-- `BYOL`, or empty.
ALTER TABLE images ADD COLUMN license_type TEXT NOT NULL DEFAULT '';
-- `supported`, `unsupported`, or empty: not known.
ALTER TABLE images ADD COLUMN nvme_support TEXT NOT NULL DEFAULT '';
-- `v1`, `v2`, or empty: not known.
ALTER TABLE images ADD COLUMN imds_support TEXT NOT NULL DEFAULT '';
