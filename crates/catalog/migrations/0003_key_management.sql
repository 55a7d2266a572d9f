-- What the key management API adds to keys and versions.
--
-- A key that waits for imported material has a primary version like any other, whose material is NULL until it comes. An imported key
-- has this one version all its life, so its id stays when material is deleted and imported again.

-- Account id, or the service.
ALTER TABLE keys ADD COLUMN creator TEXT NOT NULL DEFAULT '';
ALTER TABLE keys ADD COLUMN protection_level TEXT NOT NULL DEFAULT 'SOFTWARE';
ALTER TABLE keys ADD COLUMN deletion_protection_description TEXT NOT NULL DEFAULT '';
-- Text of the key's own policy; NULL for the default one.
ALTER TABLE keys ADD COLUMN policy TEXT;
-- When imported material has to be deleted.
ALTER TABLE keys ADD COLUMN material_expires_at INTEGER;
ALTER TABLE keys ADD COLUMN rotation_enabled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN rotation_interval_s INTEGER;
ALTER TABLE keys ADD COLUMN rotated_at INTEGER;
ALTER TABLE keys ADD COLUMN rotate_at INTEGER;

-- Public half of an asymmetric key, DER.
ALTER TABLE key_versions ADD COLUMN public_key BLOB;
-- SHA-256 of imported material: only the same bytes may come again. Stays when the material is deleted.
ALTER TABLE key_versions ADD COLUMN fingerprint BLOB;

CREATE INDEX keys_of_users ON keys (account, region) WHERE service = '' AND destroyed_at IS NULL;
-- Each new version is looked for among the keys whose deferred reference waits for it; without this that is a look at every key.
CREATE INDEX keys_by_primary_version ON keys (primary_version);
CREATE INDEX keys_to_rotate ON keys (rotate_at) WHERE rotate_at IS NOT NULL;
CREATE INDEX keys_to_expire ON keys (material_expires_at) WHERE material_expires_at IS NOT NULL;
