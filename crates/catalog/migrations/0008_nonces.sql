-- Signature nonces that were seen: a request cannot be sent twice.

CREATE TABLE nonces (
    access_key_id TEXT NOT NULL,
    nonce         TEXT NOT NULL,
    expires_at    INTEGER NOT NULL,
    PRIMARY KEY (access_key_id, nonce)
) STRICT, WITHOUT ROWID;

CREATE INDEX nonces_to_expire ON nonces (expires_at);

-- How many each access key holds, so that the bound costs no counting.
CREATE TABLE nonce_counts (
    access_key_id TEXT PRIMARY KEY,
    held          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
