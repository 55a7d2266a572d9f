-- Lists of images are counted and paged in an index alone: status stands in it, and one index serves lists with shared images.
DROP INDEX images_of_scope;
CREATE INDEX images_of_scope ON images (account, region, created_at DESC, id, status);
CREATE INDEX images_of_region ON images (region, created_at DESC, id, account, status);
