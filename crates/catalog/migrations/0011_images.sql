-- Images, the snapshots that hold their disks, the blobs that hold the bytes, and the jobs that make them.

-- Bytes in the store of a region. Written once; used by snapshots.
CREATE TABLE blobs (
    id         TEXT PRIMARY KEY,
    region     TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    -- Id in the envelope of an encrypted one, empty for a plain one: what is kept beside the blob has this name.
    sealed_id  TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Nothing uses it any more and nothing may begin to: its bytes are being removed.
    dropped_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX blobs_dropped ON blobs (dropped_at);

-- The content of one disk at one time.
CREATE TABLE snapshots (
    id             TEXT PRIMARY KEY,
    account        TEXT NOT NULL,
    region         TEXT NOT NULL,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    -- `progressing`, `accomplished`, `failed`.
    status         TEXT NOT NULL,
    -- `system` or `data`.
    disk_type      TEXT NOT NULL,
    -- The image that it was made for, and goes with; empty for one that was made by itself.
    image_id       TEXT NOT NULL,
    source_disk_id TEXT NOT NULL,
    virtual_bytes  INTEGER NOT NULL,
    -- Format of the blob: `qcow2`, `raw`, `vhd`, …
    format         TEXT NOT NULL,
    -- NULL until it is accomplished.
    blob_id        TEXT REFERENCES blobs (id),
    -- NULL for a plain disk.
    key_id         TEXT REFERENCES keys (id),
    key_version_id TEXT REFERENCES key_versions (id),
    -- How the bytes came to be: `import`, `keep`, `encrypt`, `reencrypt`, `rewrap`.
    mode           TEXT NOT NULL,
    -- When the result was read back and found to hold what the source holds.
    verified_at    INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX snapshots_of_scope ON snapshots (account, region, created_at, id);
CREATE INDEX snapshots_of_image ON snapshots (image_id);
CREATE INDEX snapshots_of_blob ON snapshots (blob_id);
CREATE INDEX snapshots_of_key ON snapshots (key_id);

CREATE TABLE images (
    id              TEXT PRIMARY KEY,
    account         TEXT NOT NULL,
    region          TEXT NOT NULL,
    -- Unique in its account and region; empty for one without a name.
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    family          TEXT NOT NULL,
    version         TEXT NOT NULL,
    -- `Waiting`, `Creating`, `Available`, `UnAvailable`, `CreateFailed`, `Deprecated`.
    status          TEXT NOT NULL,
    -- Percent, 0 to 100; never goes back.
    progress        INTEGER NOT NULL,
    -- Seconds that the rest will take; NULL when nobody can tell.
    remain_s        INTEGER,
    is_copied       INTEGER NOT NULL,
    -- What it was copied from, if it was.
    source_image_id TEXT NOT NULL,
    source_region   TEXT NOT NULL,
    os_type         TEXT NOT NULL,
    os_name         TEXT NOT NULL,
    platform        TEXT NOT NULL,
    architecture    TEXT NOT NULL,
    boot_mode       TEXT NOT NULL,
    -- Of CreateFailed: why, for people.
    failure         TEXT NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX images_by_name ON images (account, region, name) WHERE name <> '';
CREATE INDEX images_of_scope ON images (account, region, created_at, id);
CREATE INDEX images_by_source ON images (source_image_id);

-- Disks of an image: 0 is the system disk.
CREATE TABLE image_disks (
    image_id    TEXT NOT NULL REFERENCES images (id),
    position    INTEGER NOT NULL,
    -- `/dev/xvda`
    device      TEXT NOT NULL,
    snapshot_id TEXT NOT NULL REFERENCES snapshots (id),
    -- Where it was imported from, if it was.
    import_bucket TEXT NOT NULL,
    import_object TEXT NOT NULL,
    PRIMARY KEY (image_id, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX image_disks_of_snapshot ON image_disks (snapshot_id);

-- Work that goes on after its call was answered. Taken in the order of `sequence`.
CREATE TABLE jobs (
    sequence    INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    -- The API's word: `CopyImage`, `ImportImage`, `ExportImage`.
    action      TEXT NOT NULL,
    image_id    TEXT NOT NULL,
    -- `Waiting`, `Processing`, `Finished`, `Failed`, `Cancelled`.
    state       TEXT NOT NULL,
    -- What to do, JSON.
    spec        TEXT NOT NULL,
    -- The process that works on it, and until when it may be believed to.
    owner       TEXT NOT NULL,
    owned_until INTEGER NOT NULL,
    progress    INTEGER NOT NULL,
    failure_code TEXT NOT NULL,
    failure     TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;

CREATE INDEX jobs_of_region ON jobs (region, state, sequence);
CREATE INDEX jobs_of_image ON jobs (image_id, sequence);
CREATE INDEX jobs_of_scope ON jobs (account, region, sequence);

-- ClientToken: what a call with it was answered, so that a repeated one makes nothing new.
CREATE TABLE client_tokens (
    account    TEXT NOT NULL,
    action     TEXT NOT NULL,
    token      TEXT NOT NULL,
    -- SHA-256 of the other parameters: another call under the same token is a mistake.
    parameters BLOB NOT NULL,
    answer     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, action, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX client_tokens_by_time ON client_tokens (created_at);

-- An image of ECS is recorded at the ARN of its disk.
CREATE INDEX sealed_images_at ON sealed_images (path);
