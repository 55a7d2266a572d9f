//! Regions with their stores, and buckets to import from.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use blobs::{BlobStore, LocalStore};
use catalog::Region;
use ecs::{Ecs, EcsConfig, ImportPlace, Rooms};

use crate::args::ServeArgs;
use crate::commands::default_threads;
use crate::store::Store;

/// The images of all regions. Blobs lie in `regions/<region>` of the data directory.
pub(super) fn open(args: &ServeArgs, store: &Store, rooms: Rooms) -> Result<Arc<Ecs>> {
    let data_dir = store.data_dir.path();
    let mut stores: BTreeMap<Region, Arc<dyn BlobStore>> = BTreeMap::new();
    for name in std::iter::once(&args.region).chain(&args.more_regions) {
        let region: Region = name.parse()?;
        let directory = data_dir.join("regions").join(name);
        let opened = LocalStore::open(&directory).with_context(|| format!("the images of region {name}"))?;
        stores.insert(region, Arc::new(opened));
    }
    let mut config = EcsConfig::new(data_dir.to_owned(), default_threads());
    for bucket in &args.import_directories {
        config.buckets.insert(bucket.name.clone(), ImportPlace::Directory(bucket.directory.clone()));
    }
    for bucket in &args.export_directories {
        config.export_buckets.insert(bucket.name.clone(), bucket.directory.clone());
    }
    config.images_max = Some(u64::from(args.limit_images)).filter(|max| *max > 0);
    config.encrypted_cross_region_copy = args.allow_encrypted_cross_region_copy;
    Ok(Arc::new(Ecs::new(rooms, stores, config)))
}
