//! Catalogs on PostgreSQL and blobs in a bucket, at two servers that all tests of this program use.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use crate::moto::Moto;
use crate::throwaway::Postgres;

const BUCKET: &str = "images";

struct Services {
    postgres: Postgres,
    moto: Moto,
    count: AtomicU32,
    /// Databases are made one after the other.
    turn: Mutex<()>,
}

/// Started by the first test that needs them, and ended with the program.
static SERVICES: LazyLock<Services> = LazyLock::new(|| Services {
    postgres: Postgres::start(),
    moto: Moto::start(&[BUCKET]),
    count: AtomicU32::new(0),
    turn: Mutex::new(()),
});

/// A database, and a folder of the bucket for each region, both of this name.
pub(crate) struct Remote {
    name: String,
    regions: &'static [&'static str],
}

impl Remote {
    pub(crate) fn new(regions: &'static [&'static str]) -> Self {
        Self::made("template1", regions)
    }

    /// With what is in another's, to which nobody is connected.
    pub(crate) fn like(other: &Self) -> Self {
        let remote = Self::made(&other.name, other.regions);
        for key in other.keys() {
            SERVICES.moto.copy(BUCKET, &key, &key.replacen(&other.name, &remote.name, 1));
        }
        remote
    }

    fn made(template: &str, regions: &'static [&'static str]) -> Self {
        let name = format!("lab{}", SERVICES.count.fetch_add(1, Ordering::Relaxed));
        let _turn = SERVICES.turn.lock().expect("a failed test made no database");
        SERVICES.postgres.must(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self { name, regions }
    }

    /// URL of the catalog.
    pub(crate) fn database(&self) -> String {
        SERVICES.postgres.database(&self.name)
    }

    /// `server.toml` with the stores of the regions, which have their own directories in `stores`. The secret lies in `directory`.
    pub(crate) fn configuration(&self, directory: &Path, stores: &Path) -> String {
        let section = |region: &&str| {
            let (bucket, path) = (SERVICES.moto.section(BUCKET, directory), stores.join(region));
            let prefix = self.folder(region);
            // Parts as small as the protocol allows: these images have several.
            format!(
                "[region.{region}.store]\n{bucket}prefix = '{prefix}'\npath = '{}'\npart_bytes = {}\n",
                path.display(),
                5 << 20
            )
        };
        self.regions.iter().map(section).collect()
    }

    /// URL of the bucket, and its folder with the blobs of a region.
    pub(crate) fn place_of(&self, region: &str) -> (String, String) {
        (SERVICES.moto.bucket(BUCKET), self.folder(region))
    }

    /// Ids of the blobs of a region.
    pub(crate) fn blobs(&self, region: &str) -> Vec<String> {
        let keys = SERVICES.moto.keys(BUCKET, &format!("{}/", self.folder(region)));
        keys.iter().filter_map(|key| key.rsplit('/').next()).map(str::to_owned).collect()
    }

    /// What a blob holds.
    pub(crate) fn fetch(&self, region: &str, blob: &str) -> Vec<u8> {
        SERVICES.moto.ask("GET", &format!("/{BUCKET}/{}/{blob}", self.folder(region)), b"")
    }

    fn folder(&self, region: &str) -> String {
        format!("{}/{region}", self.name)
    }

    /// Keys of the blobs of all regions.
    fn keys(&self) -> Vec<String> {
        SERVICES.moto.keys(BUCKET, &format!("{}/", self.name))
    }
}

/// Hundreds of them would fill the memory.
impl Drop for Remote {
    fn drop(&mut self) {
        // A test that failed has failed already.
        if std::thread::panicking() {
            return;
        }
        for key in self.keys() {
            SERVICES.moto.ask("DELETE", &format!("/{BUCKET}/{key}"), b"");
        }
        SERVICES.postgres.must(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}
