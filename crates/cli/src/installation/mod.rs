//! What an installation decides about its images: regions and their stores, buckets to import from, policies and limits. Servers and
//! commands on the data directory open them here, from `server.toml` and the arguments of a server.

mod file;
mod instances;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use blobs::{BlobStore, LocalConfig, ObjectBucket, StoreConfig};
use catalog::{Clock, Region};
use crypto::{OsRandom, Random};
use ecs::{Bucket, Ecs, EcsConfig, Rooms};
use kms::{Kms, Limits};
use ram::trail::Ledger;
use ram::{AccountId, Ram};

use crate::args::ServeArgs;
use crate::commands::default_threads;
use crate::store::Store;
use file::{Answer, BucketSection, InstallationFile, Verify};

/// Regions of an installation that names none.
const REGIONS: [&str; 2] = ["cn-hangzhou", "cn-shanghai"];

/// Limits of an account in a region that nothing else is said of.
const IMAGES_MAX: u32 = 100;
const KEYS_MAX: u32 = 200;
const ALIASES_MAX: u32 = 300;
const KEY_VERSIONS_MAX: u32 = 10_000;
const COPY_GIB_MAX: u64 = 200;
const INSTANCES_MAX: u32 = 100;

/// Largest file that is uploaded, in GiB: the largest disk that is imported.
const UPLOAD_GIB_MAX: u64 = 2048;

/// Everything that is decided, before it is opened.
pub(crate) struct Installation {
    file: InstallationFile,
    /// That of calls that name none first.
    regions: Vec<String>,
}

impl Installation {
    /// From `--config`, else from `server.toml` in the data directory if that is there.
    ///
    /// Errors: the file cannot be read or is not as documented.
    pub(crate) fn read(store: &Store) -> Result<Self> {
        let file = match &store.config {
            Some(path) => InstallationFile::read(path)?,
            None => {
                let path = store.data_dir.path().join("server.toml");
                if path.exists() { InstallationFile::read(&path)? } else { InstallationFile::default() }
            }
        };
        let regions = match file.region.is_empty() {
            true => REGIONS.map(str::to_owned).to_vec(),
            false => first(REGIONS[0], file.region.keys().cloned().collect()),
        };
        Ok(Self { file, regions })
    }

    /// With what a server's arguments say; they count before the file.
    pub(crate) fn with_args(mut self, args: &ServeArgs) -> Self {
        if !args.more_regions.is_empty() {
            let default = args.region.clone().unwrap_or_else(|| REGIONS[0].to_owned());
            self.regions = first(&default, std::iter::once(default.clone()).chain(args.more_regions.clone()).collect());
        } else if let Some(region) = &args.region {
            let mut regions = self.regions;
            if !regions.contains(region) {
                regions.push(region.clone());
            }
            self.regions = first(region, regions);
        }
        let local = |directory: &PathBuf| StoreConfig::Local(LocalConfig { path: directory.clone() });
        for bucket in &args.import_directories {
            self.file.import_bucket.insert(bucket.name.clone(), local(&bucket.directory));
        }
        for bucket in &args.export_directories {
            self.file.export_bucket.insert(bucket.name.clone(), local(&bucket.directory));
        }
        if args.allow_encrypted_cross_region_copy {
            self.file.policy.encrypted_cross_region_copy = Some(Answer::Allow);
        }
        let limits = &mut self.file.limits;
        limits.images = args.limit_images.or(limits.images);
        limits.keys = args.limit_keys.or(limits.keys);
        limits.aliases = args.limit_aliases.or(limits.aliases);
        limits.key_versions = args.limit_key_versions.or(limits.key_versions);
        self
    }

    /// The regions, that of calls that name none first.
    pub(crate) fn regions(&self) -> &[String] {
        &self.regions
    }

    /// Limits of keys; 0 stands for none.
    pub(crate) fn key_limits(&self) -> Limits {
        let limits = &self.file.limits;
        Limits {
            keys: limit(limits.keys, KEYS_MAX),
            aliases: limit(limits.aliases, ALIASES_MAX),
            versions: limit(limits.key_versions, KEY_VERSIONS_MAX),
        }
    }

    /// The images of all regions. Blobs lie in `regions/<region>` of the data directory where no store is named.
    ///
    /// Errors: a store or the name of a region that cannot be used.
    pub(crate) fn open_images(&self, store: &Store, rooms: Rooms) -> Result<Arc<Ecs>> {
        let data_dir = store.data_dir.path();
        let mut stores: BTreeMap<Region, Arc<dyn BlobStore>> = BTreeMap::new();
        for name in &self.regions {
            let region: Region = name.parse()?;
            let opened = self.store_of(name, data_dir).open();
            stores.insert(region, opened.with_context(|| format!("the images of region {name}"))?);
        }
        // Nobody else uses a catalog in a data directory, so its jobs need not say whose they are, and follow it wherever it goes.
        let server_name = match store.database {
            None => String::new(),
            Some(_) => ecs::server_name(data_dir, &OsRandom)
                .with_context(|| format!("the name of the data directory {}", data_dir.display()))?,
        };
        Ok(Ecs::new(rooms, stores, EcsConfig { server_name, ..self.config(data_dir.to_owned())? }))
    }

    /// Where the serial console of an instance is reached, if it runs on this host.
    pub(crate) fn console_socket(&self, store: &Store, instance_id: &str) -> Result<PathBuf> {
        Ok(self.config(store.data_dir.path().to_owned())?.instances.console_socket(instance_id))
    }

    fn store_of(&self, region: &str, data_dir: &Path) -> StoreConfig {
        let named = self.file.region.get(region).and_then(|section| section.store.clone());
        named.unwrap_or_else(|| StoreConfig::Local(LocalConfig { path: data_dir.join("regions").join(region) }))
    }

    fn config(&self, data_dir: PathBuf) -> Result<EcsConfig> {
        let InstallationFile { import_bucket, export_bucket, policy, copy, limits, instances, .. } = &self.file;
        let instances_max = limit(limits.instances, INSTANCES_MAX).map(u64::from);
        Ok(EcsConfig {
            import_buckets: opened(import_bucket)?,
            export_buckets: opened(export_bucket)?,
            upload_bytes_max: limits.upload_gib.unwrap_or(UPLOAD_GIB_MAX).saturating_mul(1 << 30),
            images_max: limit(limits.images, IMAGES_MAX).map(u64::from),
            copy_gib_max: limits.copy_gib.unwrap_or(COPY_GIB_MAX),
            encrypted_cross_region_copy: policy.encrypted_cross_region_copy == Some(Answer::Allow),
            instances: instances.config(&data_dir, instances_max),
            verify_copies: copy.verify != Some(Verify::Off),
            ..EcsConfig::new(data_dir, default_threads())
        })
    }
}

/// Errors: a bucket that cannot be used; no service is asked yet.
fn opened(buckets: &BTreeMap<String, BucketSection>) -> Result<BTreeMap<String, Bucket>> {
    let open = |(name, section): (&String, &BucketSection)| {
        let bucket = match section {
            StoreConfig::Local(local) => Bucket::Directory(local.path.clone()),
            StoreConfig::S3(s3) => {
                let bucket = ObjectBucket::open(s3);
                Bucket::S3(Arc::new(bucket.with_context(|| format!("the bucket {name} of the configuration"))?))
            }
        };
        Ok((name.clone(), bucket))
    };
    buckets.iter().map(open).collect()
}

/// The rooms that images need, and the account that the installation began with; the first use makes it.
pub(crate) async fn rooms(kms: Kms, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Result<(Rooms, AccountId)> {
    let ledger = Arc::new(Ledger::new(kms.catalog(), kms.secret("audit").await?, Arc::clone(&clock)));
    let secret = kms.secret("access control").await?;
    let ram = Ram::new(kms.catalog(), Arc::clone(&clock), Arc::clone(&random), secret).with_ledger(Arc::clone(&ledger));
    let account = ram.ensure_account().await?;
    let rooms = Rooms { kms: Arc::new(kms), ram: Arc::new(ram), ledger, clock, random };
    Ok((rooms, account))
}

/// `regions` with this one first, where it is among them.
fn first(region: &str, regions: Vec<String>) -> Vec<String> {
    let (mut first, others): (Vec<String>, Vec<String>) = regions.into_iter().partition(|name| name == region);
    first.dedup();
    first.extend(others);
    first
}

fn limit(said: Option<u32>, default: u32) -> Option<u32> {
    Some(said.unwrap_or(default)).filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The region of calls that name none is the first, once, and no region is lost.
    #[test]
    fn the_default_region_comes_first() {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(first("b", named(&["a", "b", "c"])), ["b", "a", "c"]);
        assert_eq!(first("b", named(&["b", "b", "a"])), ["b", "a"]);
        assert_eq!(first("x", named(&["a", "b"])), ["a", "b"]);
    }

    /// 0 stands for no limit, in the file as among the arguments.
    #[test]
    fn no_limit_is_written_0() {
        assert_eq!([limit(None, 5), limit(Some(7), 5), limit(Some(0), 5)], [Some(5), Some(7), None]);
    }
}
