-- Every call, in the order of its end. Rows are only ever added: each holds the hash of the one before.

CREATE TABLE audit (
    -- 1, 2, 3, … without gaps.
    seq           INTEGER NOT NULL,
    at            INTEGER NOT NULL,
    request_id    TEXT NOT NULL,
    account       TEXT NOT NULL,
    -- ARN of who called.
    principal     TEXT NOT NULL,
    access_key_id TEXT NOT NULL,
    source_ip     TEXT NOT NULL,
    product       TEXT NOT NULL,
    action        TEXT NOT NULL,
    -- ARNs, as the API wrote them.
    resources     TEXT NOT NULL,
    -- Empty when the call concerned no key.
    key_id        TEXT NOT NULL,
    -- Code of the answer.
    outcome       TEXT NOT NULL,
    previous_hash BLOB NOT NULL,
    hash          BLOB NOT NULL,
    PRIMARY KEY (seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_of_account ON audit (account, seq);
CREATE INDEX audit_of_key ON audit (key_id, seq);

CREATE TABLE audit_checkpoints (
    seq       INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    -- Hash of the record `seq`.
    hash      BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (seq)
) STRICT, WITHOUT ROWID;
