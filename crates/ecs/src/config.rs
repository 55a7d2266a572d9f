use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use blobs::ObjectBucket;

use crate::instances::InstancesConfig;

/// What an installation decides.
#[derive(Debug, Clone)]
pub struct EcsConfig {
    /// Where digest trees and pinned headers of sealed images are kept.
    pub data_dir: PathBuf,
    /// Its name ([`crate::server_name`]); empty for one whose catalog no other server uses.
    pub server_name: String,
    /// Where images may be imported from, by the name of their bucket.
    pub import_buckets: BTreeMap<String, Bucket>,
    /// Where images may be exported to, by the name of their bucket.
    pub export_buckets: BTreeMap<String, Bucket>,
    /// Largest file that is uploaded.
    pub upload_bytes_max: u64,
    /// Images that an account may have in a region; `None`: any number.
    pub images_max: Option<u64>,
    /// Largest image that is copied without an approved ticket, in GiB.
    pub copy_gib_max: u64,
    /// Whether an encrypted image may be copied to another region, under a key of that region.
    pub encrypted_cross_region_copy: bool,
    /// Copies of a region that run at once; the others wait in the order of their calls.
    pub copies_at_once: usize,
    /// Workers of one copy.
    pub threads: usize,
    /// Whether a copy is decrypted and compared with its source before it is Available.
    pub verify_copies: bool,
    /// How machines run on this host.
    pub instances: InstancesConfig,
}

/// A bucket to import from or to export to.
#[derive(Debug, Clone)]
pub enum Bucket {
    /// A directory of this machine: its files are the objects.
    Directory(PathBuf),
    /// One of a service that speaks S3.
    S3(Arc<ObjectBucket>),
}

impl EcsConfig {
    /// The defaults: files of 2 TiB; five copies at once in a region, each verified; 200 GiB without a ticket; encrypted images stay in their region.
    #[must_use]
    pub fn new(data_dir: PathBuf, threads: usize) -> Self {
        let instances = InstancesConfig::new(data_dir.join("instances"));
        Self {
            data_dir,
            server_name: String::new(),
            instances,
            import_buckets: BTreeMap::new(),
            export_buckets: BTreeMap::new(),
            upload_bytes_max: 2 << 40,
            images_max: Some(100),
            copy_gib_max: 200,
            encrypted_cross_region_copy: false,
            copies_at_once: 5,
            threads,
            verify_copies: true,
        }
    }
}
