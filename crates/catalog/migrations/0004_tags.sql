-- Tags of anything that has a type and an id.

CREATE TABLE tags (
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    -- Such as `key`.
    resource_type TEXT NOT NULL,
    resource_id   TEXT NOT NULL,
    tag_key       TEXT NOT NULL,
    tag_value     TEXT NOT NULL,
    PRIMARY KEY (account, region, resource_type, resource_id, tag_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX tags_by_key ON tags (account, region, resource_type, tag_key, tag_value, resource_id);
