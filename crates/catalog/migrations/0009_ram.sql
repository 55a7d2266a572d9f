-- Who there is and what they may do. Names can change, so other tables refer to ids.

CREATE TABLE accounts (
    -- 16 digits.
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    kms_opened_at INTEGER
) STRICT;

CREATE TABLE users (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES accounts (id),
    name         TEXT NOT NULL,
    display_name TEXT NOT NULL,
    comments     TEXT NOT NULL,
    email        TEXT NOT NULL,
    mobile_phone TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;

CREATE TABLE access_keys (
    id           TEXT PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES accounts (id),
    -- NULL for the account itself.
    user_id      TEXT REFERENCES users (id),
    -- Wrapped under the root key.
    secret       BLOB NOT NULL,
    status       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX access_keys_of_owner ON access_keys (account, user_id);
CREATE INDEX access_keys_of_user ON access_keys (user_id);

CREATE TABLE user_groups (
    id         TEXT PRIMARY KEY,
    account    TEXT NOT NULL REFERENCES accounts (id),
    name       TEXT NOT NULL,
    comments   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;

CREATE TABLE group_members (
    group_id  TEXT NOT NULL REFERENCES user_groups (id),
    user_id   TEXT NOT NULL REFERENCES users (id),
    joined_at INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_of_user ON group_members (user_id, group_id);

CREATE TABLE roles (
    id             TEXT PRIMARY KEY,
    account        TEXT NOT NULL REFERENCES accounts (id),
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    -- Who may assume it: AssumeRolePolicyDocument.
    trust_document TEXT NOT NULL,
    session_s_max  INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    UNIQUE (account, name)
) STRICT;

-- Policies that accounts wrote; those of the system are part of the program.
CREATE TABLE policies (
    account         TEXT NOT NULL REFERENCES accounts (id),
    name            TEXT NOT NULL,
    description     TEXT NOT NULL,
    default_version INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_versions (
    account     TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    -- 3 for `v3`. A number is not used again while a later one exists.
    version     INTEGER NOT NULL,
    document    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (account, policy_name, version),
    FOREIGN KEY (account, policy_name) REFERENCES policies (account, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_attachments (
    account     TEXT NOT NULL,
    -- `user`, `group` or `role`.
    target_kind TEXT NOT NULL,
    target_id   TEXT NOT NULL,
    -- `System` or `Custom`.
    policy_type TEXT NOT NULL,
    policy_name TEXT NOT NULL,
    attached_at INTEGER NOT NULL,
    PRIMARY KEY (target_id, policy_type, policy_name)
) STRICT, WITHOUT ROWID;

CREATE INDEX policy_attachments_of_policy ON policy_attachments (account, policy_type, policy_name, target_kind, target_id);
