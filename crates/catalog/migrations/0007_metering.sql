-- How often was called what, and what is left of the money.

CREATE TABLE meters (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    -- `YYYY-MM`, UTC.
    month    TEXT NOT NULL,
    product  TEXT NOT NULL,
    action   TEXT NOT NULL,
    -- `service`, `own`, or empty when the call concerned no key.
    key_kind TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    calls    INTEGER NOT NULL,
    PRIMARY KEY (account, month, region, product, action, key_kind, outcome)
) STRICT, WITHOUT ROWID;

CREATE TABLE balances (
    account TEXT PRIMARY KEY,
    -- Millionths of the currency unit; may be negative.
    micros  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
