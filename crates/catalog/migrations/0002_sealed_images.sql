-- Image files that were sealed, for the usage of a key and for a file that lost its envelope.

CREATE TABLE sealed_images (
    id             INTEGER PRIMARY KEY,
    image_id       TEXT NOT NULL,
    -- Where the file was when it was written; it may have moved since.
    path           TEXT NOT NULL,
    key_id         TEXT NOT NULL REFERENCES keys (id),
    key_version_id TEXT NOT NULL REFERENCES key_versions (id),
    -- Not unique: a copy that keeps its key keeps its header.
    luks_uuid      TEXT NOT NULL,
    mk_digest      TEXT NOT NULL,
    -- Text of the envelope as it stands in the file; the data key in it is wrapped.
    envelope       TEXT NOT NULL,
    mode           TEXT NOT NULL,
    sealed_at      INTEGER NOT NULL,
    UNIQUE (image_id, path)
) STRICT;

CREATE INDEX sealed_images_of_key ON sealed_images (key_id, id);
CREATE INDEX sealed_images_of_luks_uuid ON sealed_images (luks_uuid, id);
