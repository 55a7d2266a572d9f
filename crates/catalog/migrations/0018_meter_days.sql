-- Calls are counted by day. What was counted by month before stands at the first day of that month.

CREATE TABLE meter_days (
    account  TEXT NOT NULL,
    region   TEXT NOT NULL,
    -- `YYYY-MM-DD`, UTC.
    day      TEXT NOT NULL,
    product  TEXT NOT NULL,
    action   TEXT NOT NULL,
    -- `service`, `own`, or empty when the call concerned no key.
    key_kind TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    calls    INTEGER NOT NULL,
    PRIMARY KEY (account, day, region, product, action, key_kind, outcome)
) STRICT, WITHOUT ROWID;

INSERT INTO meter_days (account, region, day, product, action, key_kind, outcome, calls)
    SELECT account, region, month || '-01', product, action, key_kind, outcome, calls FROM meters;

DROP TABLE meters;
