use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use zeroize::Zeroizing;

use super::{BlobStore, Cause, LocalStore, S3Store, StoreResult};

/// Which store, and where.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum StoreConfig {
    /// A local directory.
    Local(LocalConfig),
    /// A bucket of a service that speaks S3.
    S3(S3Config),
}

impl StoreConfig {
    /// Opens the store. A service is not asked yet, so that a server starts while its store is away.
    ///
    /// Errors: [`Cause::Configuration`], the system's.
    pub fn open(&self) -> StoreResult<Arc<dyn BlobStore>> {
        Ok(match self {
            Self::Local(local) => Arc::new(LocalStore::open(&local.path)?),
            Self::S3(s3) => Arc::new(S3Store::open(s3)?),
        })
    }
}

/// Blobs in a local directory.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalConfig {
    /// The store's own directory.
    pub path: PathBuf,
}

/// A bucket: of a store, or one whose objects are imported or exported. Memory: at most `workers` × `part_bytes` for each object that is
/// being sent or fetched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// Of a store, which needs it: local directory for work files and downloaded blobs. One process uses it at a time.
    #[serde(default)]
    pub path: Option<PathBuf>,
    /// The service, such as `https://s3.example.com`; the bucket follows in the path of each URL.
    pub endpoint: String,
    /// The bucket, which exists.
    pub bucket: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Folder of the bucket in which the blobs or objects lie; none by default.
    #[serde(default)]
    pub prefix: String,
    /// Allows an endpoint without TLS.
    #[serde(default)]
    pub allow_http: bool,
    /// Access key id.
    pub access_key_id: String,
    /// File with the secret access key and nothing else, for its owner only.
    pub secret_access_key_file: PathBuf,
    /// Bytes of a part, 5 MiB to 1 GiB. Larger when an object would have more than 10,000 parts.
    #[serde(default = "default_part_bytes")]
    pub part_bytes: u64,
    /// Parts in flight for one object, 1 to 64.
    #[serde(default = "default_workers")]
    pub workers: usize,
    /// Of a store: bytes of downloaded blobs that are kept while nobody uses them.
    #[serde(default = "default_cache_bytes")]
    pub cache_bytes: u64,
    /// Longest time of one request, such as one part, in seconds.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u64,
    /// How often a failed request is repeated.
    #[serde(default = "default_retries")]
    pub retries: usize,
}

impl S3Config {
    /// What a service or we would not accept later.
    pub(super) fn check(&self) -> Result<(), Cause> {
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(&b));
        let scheme = self.endpoint.starts_with("https://") || (self.allow_http && self.endpoint.starts_with("http://"));
        let prefix = plain(&self.prefix) && self.prefix.split('/').all(|part| part != "." && part != "..");
        require(scheme, "endpoint", "must begin with https://, or with http:// where allow_http is set")?;
        require(!self.endpoint.contains(['?', '#', '@']), "endpoint", "is a scheme, a host and a port")?;
        require(plain(&self.bucket) && self.bucket.len() >= 3, "bucket", "is not the name of a bucket")?;
        require(!self.bucket.contains('/'), "bucket", "is not the name of a bucket")?;
        require(!self.region.is_empty() && plain(&self.region), "region", "is not the name of a region")?;
        require(prefix, "prefix", "is made of letters, digits and -._/")?;
        require((PART_BYTES_MIN..=PART_BYTES_MAX).contains(&self.part_bytes), "part_bytes", "is 5 MiB to 1 GiB")?;
        require((1..=64).contains(&self.workers), "workers", "is 1 to 64")?;
        require(self.timeout_s > 0, "timeout_s", "is at least 1")
    }

    /// The directory of a store.
    pub(super) fn directory(&self) -> Result<&Path, Cause> {
        let missing =
            || Cause::Configuration { field: "path", reason: "is missing: a store needs a directory".to_owned() };
        self.path.as_deref().ok_or_else(missing)
    }

    /// The secret access key.
    pub(super) fn secret(&self) -> Result<Zeroizing<String>, Cause> {
        let secret = read_secret(&self.secret_access_key_file)?;
        require(!secret.is_empty(), SECRET_FIELD, "is empty")?;
        Ok(secret)
    }
}

/// Least size of a part, the last one excepted, that S3 accepts.
const PART_BYTES_MIN: u64 = 5 << 20;

/// A bound for our memory; S3 takes parts of 5 GiB.
const PART_BYTES_MAX: u64 = 1 << 30;

/// Longest secret that is read; those of AWS have 40 characters.
const SECRET_BYTES_MAX: u64 = 4096;

const SECRET_FIELD: &str = "secret_access_key_file";

fn require(holds: bool, field: &'static str, reason: &str) -> Result<(), Cause> {
    if holds { Ok(()) } else { Err(Cause::Configuration { field, reason: reason.to_owned() }) }
}

fn read_secret(path: &Path) -> Result<Zeroizing<String>, Cause> {
    let unusable = |reason: String| Cause::Configuration { field: SECRET_FIELD, reason };
    let cannot_read = |e: std::io::Error| unusable(format!("cannot be read: {}: {e}", path.display()));
    let file = File::open(path).map_err(cannot_read)?;
    let mode = file.metadata().map_err(cannot_read)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(unusable(format!("{} has mode {mode:o}; make it 600", path.display())));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(SECRET_BYTES_MAX).read_to_string(&mut text).map_err(cannot_read)?;
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn default_part_bytes() -> u64 {
    8 << 20
}

fn default_workers() -> usize {
    4
}

fn default_cache_bytes() -> u64 {
    16 << 30
}

fn default_timeout_s() -> u64 {
    60
}

fn default_retries() -> usize {
    4
}

#[cfg(test)]
mod tests {
    use super::*;

    const S3: &str = r#"
        kind = "s3"
        path = "/var/lib/reseal/remote"
        endpoint = "https://s3.example.com"
        bucket = "images"
        region = "cn-hangzhou"
        access_key_id = "AK"
        secret_access_key_file = "/etc/reseal/s3.secret"
    "#;

    fn s3() -> S3Config {
        let StoreConfig::S3(config) = toml::from_str(S3).unwrap() else { panic!("another kind") };
        config
    }

    #[test]
    fn both_kinds_are_read_and_unknown_fields_are_refused() {
        let local: StoreConfig = toml::from_str("kind = \"local\"\npath = \"/srv/blobs\"").unwrap();
        assert_eq!(local, StoreConfig::Local(LocalConfig { path: "/srv/blobs".into() }));
        assert_eq!(
            S3Config { path: None, ..s3() }.directory().unwrap_err().to_string(),
            "path is missing: a store needs a directory"
        );
        assert_eq!((s3().part_bytes, s3().prefix.as_str(), s3().allow_http), (8 << 20, "", false));
        for text in ["kind = \"local\"\npath = \"/x\"\nbucket = \"b\"", &format!("{S3}\npasword = 1"), "kind = \"ftp\""]
        {
            toml::from_str::<StoreConfig>(text).unwrap_err();
        }
    }

    #[test]
    fn what_a_service_would_not_accept_is_refused_by_its_field() {
        s3().check().unwrap();
        type Change = fn(&mut S3Config);
        let changes: [(&str, Change); 10] = [
            ("endpoint", |c| c.endpoint = "http://s3.example.com".into()),
            ("endpoint", |c| c.endpoint = "https://user:secret@s3.example.com".into()),
            ("bucket", |c| c.bucket = "a/b/c".into()),
            ("bucket", |c| c.bucket = "b".into()),
            ("region", |c| c.region = String::new()),
            ("prefix", |c| c.prefix = "a/../b".into()),
            ("prefix", |c| c.prefix = "a?b".into()),
            ("part_bytes", |c| c.part_bytes = (5 << 20) - 1),
            ("workers", |c| c.workers = 0),
            ("timeout_s", |c| c.timeout_s = 0),
        ];
        for (wanted, change) in changes {
            let mut config = s3();
            change(&mut config);
            let Err(Cause::Configuration { field, .. }) = config.check() else { panic!("{wanted} passed: {config:?}") };
            assert_eq!(field, wanted);
        }
    }

    #[test]
    fn a_secret_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "s3cret\n").unwrap();
        let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        set(0o640);
        let error = read_secret(&path).unwrap_err().to_string();
        assert!(error.contains("mode 640") && !error.contains("s3cret"), "{error}");
        set(0o600);
        assert_eq!(*read_secret(&path).unwrap(), "s3cret");
    }
}
