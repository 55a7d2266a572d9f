-- Who may sign in to the console with a password, and who is signed in.

CREATE TABLE login_profiles (
    account        TEXT NOT NULL REFERENCES accounts (id),
    -- NULL for the account itself.
    user_id        TEXT REFERENCES users (id),
    -- Argon2id, as a PHC string. Each has a salt of its own, so another password, or the same one anew, is another text.
    password_hash  TEXT NOT NULL,
    reset_required INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX login_profiles_of_owner ON login_profiles (account, COALESCE(user_id, ''));
CREATE INDEX login_profiles_of_user ON login_profiles (user_id);

-- A session is there as long as what it was opened with: whoever removes a password or a key removes its sessions in the same change.
CREATE TABLE console_sessions (
    -- SHA-256 of the token. The token itself is nowhere.
    token_digest  BLOB PRIMARY KEY,
    account       TEXT NOT NULL REFERENCES accounts (id),
    -- NULL for the account itself.
    user_id       TEXT REFERENCES users (id),
    -- The access key that opened it; NULL for a password.
    access_key_id TEXT,
    created_at    INTEGER NOT NULL,
    last_used_at  INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX console_sessions_of_owner ON console_sessions (account, user_id);
CREATE INDEX console_sessions_of_user ON console_sessions (user_id);
CREATE INDEX console_sessions_of_access_key ON console_sessions (access_key_id);
CREATE INDEX console_sessions_by_use ON console_sessions (last_used_at);

-- When a user last signed in to the console.
ALTER TABLE users ADD COLUMN last_login_at INTEGER;
