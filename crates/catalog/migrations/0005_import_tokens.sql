-- Private keys that unwrap imported key material, each for one import.

CREATE TABLE import_tokens (
    id                 TEXT PRIMARY KEY,
    key_id             TEXT NOT NULL REFERENCES keys (id),
    account            TEXT NOT NULL,
    wrapping_algorithm TEXT NOT NULL,
    wrapping_key_spec  TEXT NOT NULL,
    -- Wrapped under the root key.
    private_key        BLOB NOT NULL,
    expires_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX import_tokens_of_key ON import_tokens (key_id);
CREATE INDEX import_tokens_to_expire ON import_tokens (expires_at);
