-- Times during which a key waited for its deletion: it costs nothing then. That of a destroyed key never ends.

CREATE TABLE key_waits (
    key_id   TEXT NOT NULL REFERENCES keys (id),
    began_at INTEGER NOT NULL,
    -- NULL while it lasts.
    ended_at INTEGER,
    PRIMARY KEY (key_id, began_at)
) STRICT, WITHOUT ROWID;

-- When a wait of before this table began is not known. Such a key has cost nothing since it was made.
INSERT INTO key_waits (key_id, began_at) SELECT id, created_at FROM keys WHERE state = 'PendingDeletion';
