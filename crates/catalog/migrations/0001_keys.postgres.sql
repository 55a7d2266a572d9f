-- 0001_keys.sql in the words of PostgreSQL; what the columns mean is said there.

CREATE TABLE meta (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE keys (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    account             TEXT COLLATE "C" NOT NULL,
    region              TEXT COLLATE "C" NOT NULL,
    service             TEXT COLLATE "C" NOT NULL,
    state               TEXT COLLATE "C" NOT NULL,
    spec                TEXT COLLATE "C" NOT NULL,
    usage               TEXT COLLATE "C" NOT NULL,
    origin              TEXT COLLATE "C" NOT NULL,
    description         TEXT COLLATE "C" NOT NULL,
    deletion_protection BIGINT NOT NULL,
    created_at          BIGINT NOT NULL,
    delete_at           BIGINT,
    destroyed_at        BIGINT,
    primary_version     TEXT COLLATE "C" NOT NULL,
    CHECK ((state = 'PendingDeletion') = (delete_at IS NOT NULL)),
    CHECK (destroyed_at IS NULL OR state = 'PendingDeletion')
);

CREATE INDEX keys_of_scope ON keys (account, region, created_at, id);
CREATE INDEX keys_due ON keys (delete_at) WHERE delete_at IS NOT NULL AND destroyed_at IS NULL;

CREATE TABLE key_versions (
    id         TEXT COLLATE "C" PRIMARY KEY,
    key_id     TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    material   BYTEA,
    created_at BIGINT NOT NULL
);

-- A key and its first version name each other, hence deferred.
ALTER TABLE keys ADD FOREIGN KEY (primary_version) REFERENCES key_versions (id) DEFERRABLE INITIALLY DEFERRED;

CREATE INDEX key_versions_of_key ON key_versions (key_id, created_at, id);

CREATE TABLE aliases (
    account    TEXT COLLATE "C" NOT NULL,
    region     TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    key_id     TEXT COLLATE "C" NOT NULL REFERENCES keys (id),
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account, region, name)
);

CREATE INDEX aliases_of_key ON aliases (key_id, name);
