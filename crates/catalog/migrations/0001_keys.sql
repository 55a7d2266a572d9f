-- Keys, their versions and their names. Nothing here is secret in clear: key material is wrapped under the root key.
-- Times are milliseconds since 1970 (UTC). Ids are lower-case UUID text, so that `sqlite3` shows what messages say.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    id                  TEXT PRIMARY KEY,
    account             TEXT NOT NULL,
    region              TEXT NOT NULL,
    -- Empty for a key that a user made, else the service it belongs to, such as `ecs`.
    service             TEXT NOT NULL,
    state               TEXT NOT NULL,
    spec                TEXT NOT NULL,
    usage               TEXT NOT NULL,
    origin              TEXT NOT NULL,
    description         TEXT NOT NULL,
    deletion_protection INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    -- When the waiting time of a scheduled deletion ends.
    delete_at           INTEGER,
    -- When the material was destroyed. The row stays, so that files under the key can be told why they are lost.
    destroyed_at        INTEGER,
    -- A key and its first version name each other, hence deferred.
    primary_version     TEXT NOT NULL REFERENCES key_versions (id) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((state = 'PendingDeletion') = (delete_at IS NOT NULL)),
    CHECK (destroyed_at IS NULL OR state = 'PendingDeletion')
) STRICT;

CREATE INDEX keys_of_scope ON keys (account, region, created_at, id);
CREATE INDEX keys_due ON keys (delete_at) WHERE delete_at IS NOT NULL AND destroyed_at IS NULL;

CREATE TABLE key_versions (
    id         TEXT PRIMARY KEY,
    key_id     TEXT NOT NULL REFERENCES keys (id),
    -- Key material, wrapped; NULL once it is destroyed.
    material   BLOB,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX key_versions_of_key ON key_versions (key_id, created_at, id);

CREATE TABLE aliases (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    -- With its prefix `alias/`.
    name       TEXT NOT NULL,
    key_id     TEXT NOT NULL REFERENCES keys (id),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX aliases_of_key ON aliases (key_id, name);
