-- Accounts that an image is shared with.
CREATE TABLE image_shares (
    image_id  TEXT NOT NULL REFERENCES images (id),
    account   TEXT NOT NULL,
    shared_at INTEGER NOT NULL,
    PRIMARY KEY (image_id, account)
) STRICT, WITHOUT ROWID;

CREATE INDEX image_shares_of_account ON image_shares (account, image_id);

-- Whether the disks of an account in a region are encrypted where a call does not say so, and under which key.
CREATE TABLE disk_encryption_defaults (
    account    TEXT NOT NULL,
    region     TEXT NOT NULL,
    is_enabled INTEGER NOT NULL,
    -- NULL: the service key.
    key_id     TEXT REFERENCES keys (id),
    PRIMARY KEY (account, region)
) STRICT, WITHOUT ROWID;
