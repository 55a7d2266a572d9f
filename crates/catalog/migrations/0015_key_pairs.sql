-- SSH keys that log in to instances: public halves, and which instance was given which.

CREATE TABLE key_pairs (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    region      TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- The line of `authorized_keys`.
    public_key  TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    UNIQUE (account, region, name)
) STRICT, WITHOUT ROWID;

-- An instance has one pair at most; it goes with the instance.
CREATE TABLE key_pair_instances (
    instance_id TEXT PRIMARY KEY REFERENCES instances (id) ON DELETE CASCADE,
    key_pair_id TEXT NOT NULL REFERENCES key_pairs (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX key_pair_instances_of_pair ON key_pair_instances (key_pair_id, instance_id);
