//! Catalogs on PostgreSQL and blobs in a bucket, at two servers that all tests of this program use.

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::moto::Moto;
use crate::throwaway::Postgres;

struct Services {
    postgres: Postgres,
    moto: Moto,
    count: AtomicU32,
}

/// Started by the first test that needs them, and ended with the program.
static SERVICES: LazyLock<Services> =
    LazyLock::new(|| Services { postgres: Postgres::start(), moto: Moto::start(&[]), count: AtomicU32::new(0) });

/// A database and a bucket of this name, with a folder for each region. A bucket of its own: moto fails when one is listed and written to at
/// the same time.
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
        for key in SERVICES.moto.keys(&other.name, "") {
            SERVICES.moto.copy((&other.name, &remote.name), &key);
        }
        remote
    }

    fn made(template: &str, regions: &'static [&'static str]) -> Self {
        let name = format!("lab{}", SERVICES.count.fetch_add(1, Ordering::Relaxed));
        // A third of the work of copying it by the log.
        SERVICES.postgres.must(&format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"));
        SERVICES.moto.ask("PUT", &format!("/{name}"), b"");
        Self { name, regions }
    }

    /// URL of the catalog.
    pub(crate) fn database(&self) -> String {
        SERVICES.postgres.database(&self.name)
    }

    /// `server.toml` with the stores of the regions, which have their own directories in `stores`. The secret lies in `directory`.
    pub(crate) fn configuration(&self, directory: &Path, stores: &Path) -> String {
        let section = |region: &&str| {
            let (bucket, path) = (SERVICES.moto.section(&self.name, directory), stores.join(region));
            // Parts as small as the protocol allows: larger images have several.
            format!(
                "[region.{region}.store]\n{bucket}prefix = '{region}'\npath = '{}'\npart_bytes = {}\n",
                path.display(),
                5 << 20
            )
        };
        self.regions.iter().map(section).collect()
    }

    /// `HOST:PORT` of the service with the bucket.
    pub(crate) fn service(&self) -> String {
        SERVICES.moto.address().to_owned()
    }

    /// URL of the bucket.
    pub(crate) fn bucket(&self) -> String {
        SERVICES.moto.bucket(&self.name)
    }

    /// Ids of the blobs of a region.
    pub(crate) fn blobs(&self, region: &str) -> Vec<String> {
        let keys = SERVICES.moto.keys(&self.name, &format!("{region}/"));
        keys.iter().filter_map(|key| key.rsplit('/').next()).map(str::to_owned).collect()
    }

    /// Keys of the uploads to a region that are neither completed nor aborted.
    pub(crate) fn uploads(&self, region: &str) -> Vec<String> {
        let mut keys = SERVICES.moto.uploads(&self.name);
        keys.retain(|key| key.starts_with(&format!("{region}/")));
        keys
    }

    /// What a blob holds.
    pub(crate) fn fetch(&self, region: &str, blob: &str) -> Vec<u8> {
        SERVICES.moto.ask("GET", &format!("/{}/{region}/{blob}", self.name), b"")
    }
}

/// Hundreds of them would fill the memory.
impl Drop for Remote {
    fn drop(&mut self) {
        // A test that failed has failed already.
        if std::thread::panicking() {
            return;
        }
        for key in SERVICES.moto.keys(&self.name, "") {
            SERVICES.moto.ask("DELETE", &format!("/{}/{key}", self.name), b"");
        }
        SERVICES.postgres.must(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}
