-- Instances and their disks. The files of both lie on one machine, the host.

CREATE TABLE instances (
    id            TEXT PRIMARY KEY,
    account       TEXT NOT NULL,
    region        TEXT NOT NULL,
    name          TEXT NOT NULL,
    description   TEXT NOT NULL,
    host_name     TEXT NOT NULL,
    -- What it was made from; the image may be gone.
    image_id      TEXT NOT NULL,
    instance_type TEXT NOT NULL,
    cpu           INTEGER NOT NULL,
    memory_mib    INTEGER NOT NULL,
    -- Of its image, for images that are made from it.
    os_type       TEXT NOT NULL,
    os_name       TEXT NOT NULL,
    platform      TEXT NOT NULL,
    architecture  TEXT NOT NULL,
    boot_mode     TEXT NOT NULL,
    -- `Pending`, `Starting`, `Running`, `Stopping`, `Stopped`.
    status        TEXT NOT NULL,
    -- What is being done beside the status, so that a restarted server can end it: `making` (no caller was told of it yet), `deleting`,
    -- `rebooting` (to be started again when it has stopped), or empty.
    doing         TEXT NOT NULL,
    -- Since when status and what is being done are as they are.
    status_at     INTEGER NOT NULL,
    -- The machine that has its files.
    host          TEXT NOT NULL,
    is_protected  INTEGER NOT NULL,
    -- Why it is Stopped where nobody asked for that, for people.
    failure       TEXT NOT NULL,
    mac_address   TEXT NOT NULL,
    -- Ports of the host that lead into the guest, JSON.
    forwards      TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    started_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX instances_of_scope ON instances (account, region, created_at, id);
CREATE INDEX instances_of_host ON instances (host, id);

-- A disk belongs to one instance and goes with it.
CREATE TABLE disks (
    id             TEXT PRIMARY KEY,
    account        TEXT NOT NULL,
    region         TEXT NOT NULL,
    instance_id    TEXT NOT NULL REFERENCES instances (id),
    -- 0: the system disk.
    position       INTEGER NOT NULL,
    -- `/dev/xvda`
    device         TEXT NOT NULL,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL,
    category       TEXT NOT NULL,
    -- `Creating`, `In_use`.
    status         TEXT NOT NULL,
    virtual_bytes  INTEGER NOT NULL,
    -- Its file in the directory of the instance.
    file           TEXT NOT NULL,
    -- What it was made of; either may be gone, and both are empty for a disk that began empty.
    image_id       TEXT NOT NULL,
    snapshot_id    TEXT NOT NULL,
    -- What it lies on, which stays as long as the disk does. NULL for a disk that began empty.
    blob_id        TEXT REFERENCES blobs (id),
    blob_format    TEXT NOT NULL,
    -- The key that the blob is under, which may be another than the disk's.
    blob_key_id    TEXT REFERENCES keys (id),
    -- NULL for a plain disk.
    key_id         TEXT REFERENCES keys (id),
    key_version_id TEXT REFERENCES key_versions (id),
    -- Id in the envelope; empty for a plain disk, and while it is being made.
    sealed_id      TEXT NOT NULL,
    created_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX disks_of_scope ON disks (account, region, created_at, id);
CREATE INDEX disks_of_instance ON disks (instance_id, position);
CREATE INDEX disks_of_blob ON disks (blob_id);
CREATE INDEX disks_of_image ON disks (image_id);
