//! A key service with one key in memory, and a way to run QEMU's tools with an image's passphrase.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crypto::{Context, OsRandom, Secret, seal};
use engine::{
    BenchSwitches, CopyRequest, Durability, Envelope, Follower, KeyContext, KeyError, KeyService, NewDataKey, Observer,
    Overwrite, Request, SealedRecord, Surroundings, Unfinished,
};

/// One key in memory; remembers the records.
pub(crate) struct MemoryService {
    key: Secret,
    /// Envelopes that were brought to it.
    pub(crate) asked: AtomicU64,
    pub(crate) records: Mutex<HashMap<String, SealedRecord>>,
    /// Whether it remembers nothing now.
    pub(crate) is_gone: AtomicBool,
}

impl MemoryService {
    pub(crate) fn new() -> Self {
        Self {
            key: Secret::random(32, &OsRandom),
            asked: AtomicU64::new(0),
            records: Mutex::new(HashMap::new()),
            is_gone: AtomicBool::new(false),
        }
    }
}

fn context(pairs: &KeyContext) -> Context {
    Context::from_pairs(pairs.clone()).unwrap()
}

impl KeyService for MemoryService {
    fn new_data_key(&self, pairs: &KeyContext) -> Result<NewDataKey, KeyError> {
        let data_key = Secret::random(32, &OsRandom);
        let wrapped = BASE64.encode(seal::seal(&self.key, &context(pairs), data_key.expose(), &OsRandom));
        Ok(NewDataKey { data_key, wrapped, kms: "memory".into(), key_id: "k".into(), key_version: "1".into() })
    }

    fn unwrap(&self, envelope: &Envelope) -> Result<Secret, KeyError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let sealed = BASE64.decode(&envelope.wrapped)?;
        Ok(seal::open(&self.key, &context(&envelope.ctx), &sealed)?)
    }

    fn remember(&self, record: &SealedRecord) -> Result<(), KeyError> {
        if self.is_gone.load(Ordering::Relaxed) {
            return Err("it does not answer".into());
        }
        self.records.lock().unwrap().insert(record.image.clone(), record.clone());
        Ok(())
    }

    fn forget(&self, record: &SealedRecord) -> Result<(), KeyError> {
        self.records.lock().unwrap().remove(&record.image);
        Ok(())
    }

    fn recall(&self, luks_uuid: &str) -> Result<Vec<String>, KeyError> {
        let records = self.records.lock().unwrap();
        Ok(records.values().filter(|r| r.luks_uuid == luks_uuid).map(|r| r.envelope.clone()).collect())
    }
}

/// A directory with a data directory in it.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) service: MemoryService,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["data", "data/trees", "data/headers"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir, service: MemoryService::new() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A request that keeps everything at its default.
    pub(crate) fn request(&self, source: &str, target: &str) -> CopyRequest {
        CopyRequest {
            source: self.path(source),
            source_state: None,
            source_name: None,
            source_format: None,
            source_passphrase: None,
            backing_files: Vec::new(),
            data_file: None,
            target: self.path(target),
            overwrite: Overwrite::Refuse,
            encryption: Request { encrypt: false, key_named: false, rewrap: false },
            key_label: None,
            format: None,
            rewrite: false,
            cluster_bytes: 64 << 10,
            sector_bytes: 512,
            compress: None,
            preallocate: false,
            verify: true,
            durability: Durability::Cached,
            unfinished: Unfinished::Discard,
            threads: 2,
            data_dir: self.data(),
            bench: BenchSwitches::default(),
        }
    }

    pub(crate) fn copy(&self, request: &CopyRequest) -> engine::Result<engine::Copied> {
        self.copy_followed(request, None)
    }

    pub(crate) fn copy_followed(
        &self,
        request: &CopyRequest,
        follower: Option<&dyn Follower>,
    ) -> engine::Result<engine::Copied> {
        let cancel = AtomicBool::new(false);
        let observer = Observer { cancel: &cancel, report: &|_| () };
        let around = Surroundings {
            service: &self.service,
            random: &OsRandom,
            created: "2026-11-25T00:00:00Z".into(),
            unix_seconds: 1_795_000_000,
            observer: &observer,
            follower,
        };
        engine::copy(request, &around)
    }

    pub(crate) fn verify(&self, name: &str) -> engine::Result<engine::Verified> {
        let cancel = AtomicBool::new(false);
        let observer = Observer { cancel: &cancel, report: &|_| () };
        engine::verify(&self.path(name), &self.data(), 2, &self.service, &observer)
    }

    /// A raw image: `len` bytes, data at some places.
    pub(crate) fn raw(&self, name: &str, len: u64, data: &[(u64, usize)]) {
        use std::os::unix::fs::FileExt;
        let file = std::fs::File::create(self.path(name)).unwrap();
        file.set_len(len).unwrap();
        for (at, count) in data {
            let bytes: Vec<u8> = (0..*count).map(|i| ((i as u64 * 31 + at * 7) % 251) as u8 | 1).collect();
            file.write_all_at(&bytes, *at).unwrap();
        }
    }

    /// Runs a QEMU tool with the image's passphrase in a file named `s`.
    pub(crate) fn with_secret(&self, image: &str, tool: &str, args: &[&str]) -> Output {
        let passphrase = engine::passphrase(&self.path(image), &self.service).unwrap();
        let mut file = std::fs::File::create(self.path("s")).unwrap();
        file.write_all(passphrase.expose()).unwrap();
        run(self.dir.path(), tool, args)
    }
}

pub(crate) fn run(dir: &Path, tool: &str, args: &[&str]) -> Output {
    Command::new(tool).args(args).current_dir(dir).output().unwrap_or_else(|e| panic!("{tool}: {e}"))
}

pub(crate) fn assert_ok(output: &Output) {
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
