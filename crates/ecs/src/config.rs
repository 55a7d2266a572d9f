use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::instances::InstancesConfig;

/// What an installation decides.
#[derive(Debug, Clone)]
pub struct EcsConfig {
    /// Where digest trees and pinned headers of sealed images are kept.
    pub data_dir: PathBuf,
    /// Where images may be imported from, by the name of their bucket.
    pub buckets: BTreeMap<String, ImportPlace>,
    /// Directories that images may be exported to, by the name of their bucket.
    pub export_buckets: BTreeMap<String, PathBuf>,
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

/// A bucket to import from.
#[derive(Debug, Clone)]
pub enum ImportPlace {
    /// A directory of this machine: its files are the objects.
    Directory(PathBuf),
}

impl EcsConfig {
    /// The defaults: five copies at once in a region, each verified; 200 GiB without a ticket; encrypted images stay in their region.
    #[must_use]
    pub fn new(data_dir: PathBuf, threads: usize) -> Self {
        let instances = InstancesConfig::new(data_dir.join("instances"));
        Self {
            data_dir,
            instances,
            buckets: BTreeMap::new(),
            export_buckets: BTreeMap::new(),
            images_max: Some(100),
            copy_gib_max: 200,
            encrypted_cross_region_copy: false,
            copies_at_once: 5,
            threads,
            verify_copies: true,
        }
    }
}
