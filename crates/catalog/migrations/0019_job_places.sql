-- Which servers can do a job, and which one has it.

-- The directory that its files lie in, by its name: the data directory of a server, or the directory of a host's instances. Empty: every
-- server reaches them.
ALTER TABLE jobs ADD COLUMN place TEXT NOT NULL DEFAULT '';
-- The data directory of its worker, by its name.
ALTER TABLE jobs ADD COLUMN owner_place TEXT NOT NULL DEFAULT '';

-- Disks of instances are read where they are.
UPDATE jobs SET place = coalesce((
    SELECT min(i.host) FROM snapshots s JOIN disks d ON d.id = s.source_disk_id JOIN instances i ON i.id = d.instance_id
    WHERE s.id = jobs.image_id OR s.image_id = jobs.image_id), '')
  WHERE action IN ('CreateImage', 'CreateSnapshot') AND state IN ('Waiting', 'Processing');
