-- Requests of accounts to the operator, and what was said about them.

CREATE TABLE tickets (
    sequence     INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    account      TEXT NOT NULL,
    -- The region that it is about.
    region       TEXT NOT NULL,
    -- `image-copy-size`.
    kind         TEXT NOT NULL,
    -- The size that is asked for.
    gib          INTEGER NOT NULL,
    -- `Open`, `Approved`, `Rejected`, `Closed`.
    status       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX tickets_of_scope ON tickets (account, region, sequence);

-- The first text is the reason.
CREATE TABLE ticket_replies (
    sequence   INTEGER PRIMARY KEY,
    ticket_id  TEXT NOT NULL REFERENCES tickets (id),
    -- Who wrote it, for people: an identity, or `operator`.
    author     TEXT NOT NULL,
    content    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX ticket_replies_of_ticket ON ticket_replies (ticket_id, sequence);
