//! The rooms behind the real table: a real `Kms`, `Ram` and `Ecs` on a temporary directory. Nonces and journal are in memory.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::services::{
    AccessKey, AccessKeyRefused, Gate, Identity, Journal, Need, Nonces, Origin, PermitRefused, Readiness, Record,
    Rooms, Unavailable, Uploads,
};
use api::{Images, Keys};
use catalog::{AccountRecord, Attends, Clock, ManualClock, Region, Scope};
use crypto::{OsRandom, Secret};
use ecs::{BlobStore, Bucket, Ecs, EcsConfig, LocalStore};
use jiff::Timestamp;
use kms::{DataDir, Kms, RootSource};
use ram::keys::AccessKey as NewAccessKey;
use ram::trail::Ledger;
use ram::{Authenticated, KeyOwner, NewPolicy, NewUser, Permit, PolicyName, PolicyRef, Ram, RamError, Target};
use tempfile::TempDir;

use crate::client::NOW;
use crate::memory::{ACCOUNT, Memory, NOBODY};

/// Name of the user that may do what [`Backend::allow`] says.
const ALICE: &str = "alice";

/// Access key of the account itself: id and secret.
pub(crate) const ROOT_KEY: (&str, &str) = ("LTAIroot00000001", "root-secret-0123456789");

/// Who calls.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Who {
    /// The account itself.
    Root,
    /// A user that may do what [`Backend::allow`] says.
    Alice,
    /// A user that may do nothing.
    Nobody,
}

pub(crate) struct Backend {
    memory: Memory,
    kms: Arc<Kms>,
    ram: Arc<Ram>,
    ecs: Arc<Ecs>,
    /// The time of the keys; that of the wire stands still beside it.
    pub(crate) clock: Arc<ManualClock>,
    alice: (String, String),
    nobody: (String, String),
    directory: TempDir,
}

impl Backend {
    /// An account that has KMS, its root key, and the users Alice and nobody.
    pub(crate) async fn new() -> Self {
        Self::opened_at(Some(NOW.parse().unwrap())).await
    }

    /// The same for an account that has not opened KMS.
    pub(crate) async fn without_kms() -> Self {
        Self::opened_at(None).await
    }

    async fn opened_at(kms_opened_at: Option<Timestamp>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
        let data_dir = DataDir::new(directory.path());
        let kms = Kms::open(&data_dir, &RootSource::File, clock.clone(), Arc::new(OsRandom)).await.unwrap();
        let record = AccountRecord {
            id: ACCOUNT.parse().unwrap(),
            name: ACCOUNT.to_owned(),
            created_at: clock.now(),
            kms_opened_at,
        };
        let mut write = kms.catalog().write().await.unwrap();
        assert!(write.account_insert(&record).await.unwrap());
        write.commit().await.unwrap();
        let ram = Ram::new(kms.catalog(), clock.clone(), Arc::new(OsRandom), Secret::copy_of(&[7; 32]));
        let secret = Secret::copy_of(ROOT_KEY.1.as_bytes());
        let root = NewAccessKey { id: ROOT_KEY.0.parse().unwrap(), secret };
        ram.bootstrap_root_access_key(&operator(), &root).await.unwrap();
        let (alice, nobody) = (user(&ram, ALICE).await, user(&ram, NOBODY).await);
        let (kms, ram) = (Arc::new(kms), Arc::new(ram));
        let ecs = images(directory.path(), "server-1", (&kms, &ram, &clock));
        Self { memory: Memory::with_keys(), kms, ram, ecs, clock, alice, nobody, directory }
    }

    /// Gives Alice these statements and no others.
    pub(crate) async fn allow(&self, statements: &str) {
        let document = format!(r#"{{"Version":"1","Statement":{statements}}}"#);
        let (name, alice): (PolicyName, _) = ("test".parse().unwrap(), Target::User(ALICE.parse().unwrap()));
        match self.ram.delete_policy(&operator(), &name, true).await {
            Ok(()) | Err(RamError::PolicyNotFound(_)) => {}
            Err(error) => panic!("{error}"),
        }
        let new = NewPolicy { name: name.clone(), description: String::new(), document };
        self.ram.create_policy(&operator(), &new).await.unwrap();
        self.ram.attach_policy(&operator(), &PolicyRef::Custom(name), &alice).await.unwrap();
    }

    /// Works on the jobs that wait, until the test ends.
    pub(crate) fn work(&self) {
        work(&self.ecs);
    }

    /// Another server on the same catalog and stores, with a data directory of its own, that works on jobs until the test ends.
    pub(crate) fn another_server(&self) -> Arc<Ecs> {
        let ecs = images(self.directory.path(), "server-2", (&self.kms, &self.ram, &self.clock));
        work(&ecs);
        ecs
    }

    /// The directory behind the bucket `golden`.
    pub(crate) fn bucket(&self) -> PathBuf {
        self.directory.path().join("golden")
    }

    /// Makes another account: its id, and id and secret of its access key.
    pub(crate) async fn another_account(&self, name: &str) -> (String, String, String) {
        let (account, key) = self.ram.create_account(&name.parse().unwrap()).await.unwrap();
        let secret = String::from_utf8(key.secret.expose().to_vec()).unwrap();
        (account.to_string(), key.id.to_string(), secret)
    }

    /// Id and secret of somebody's access key.
    pub(crate) fn key_of(&self, who: Who) -> (&str, &str) {
        match who {
            Who::Root => ROOT_KEY,
            Who::Alice => (&self.alice.0, &self.alice.1),
            Who::Nobody => (&self.nobody.0, &self.nobody.1),
        }
    }
}

fn work(ecs: &Arc<Ecs>) {
    let ecs = Arc::clone(ecs);
    tokio::spawn(async move {
        let attendance = ecs.attend(Attends::Server).await.unwrap();
        ecs.work(attendance).await;
    });
}

/// Three regions with local stores, of which servers usually offer two. The bucket `golden` is the directory `golden` of the test.
fn images(
    directory: &Path,
    server_name: &str,
    (kms, ram, clock): (&Arc<Kms>, &Arc<Ram>, &Arc<ManualClock>),
) -> Arc<Ecs> {
    let mut stores: BTreeMap<Region, Arc<dyn BlobStore>> = BTreeMap::new();
    for region in ["cn-hangzhou", "cn-shanghai", "cn-shenzhen"] {
        let store = LocalStore::open(&directory.join(region)).unwrap();
        stores.insert(region.parse().unwrap(), Arc::new(store));
    }
    let golden = directory.join("golden");
    std::fs::create_dir_all(&golden).unwrap();
    let mut config = EcsConfig { server_name: server_name.to_owned(), ..EcsConfig::new(directory.to_owned(), 1) };
    config.export_buckets.insert("golden".to_owned(), Bucket::Directory(golden.clone()));
    config.import_buckets.insert("golden".to_owned(), Bucket::Directory(golden));
    let ledger = Ledger::new(kms.catalog(), Secret::copy_of(&[8; 32]), clock.clone());
    let rooms = ecs::Rooms {
        kms: kms.clone(),
        ram: ram.clone(),
        ledger: Arc::new(ledger),
        clock: clock.clone(),
        random: Arc::new(OsRandom),
    };
    Ecs::new(rooms, stores, config)
}

/// Whoever is on the host.
pub(crate) fn operator() -> Permit {
    Permit::for_local_operator(ACCOUNT.parse().unwrap(), NOW.parse().unwrap())
}

/// The account, in the region of calls that name none.
pub(crate) fn scope() -> Scope {
    Scope { account: ACCOUNT.parse().unwrap(), region: "cn-hangzhou".parse().unwrap() }
}

/// Makes a user and its access key: id and secret.
async fn user(ram: &Ram, name: &str) -> (String, String) {
    let new = NewUser {
        name: name.parse().unwrap(),
        display_name: String::new(),
        comments: String::new(),
        email: String::new(),
        mobile_phone: String::new(),
    };
    ram.create_user(&operator(), &new).await.unwrap();
    let key = ram.create_access_key(&operator(), &KeyOwner::User(new.name)).await.unwrap().0;
    (key.id.to_string(), String::from_utf8(key.secret.expose().to_vec()).unwrap())
}

impl AsRef<Memory> for Backend {
    fn as_ref(&self) -> &Memory {
        &self.memory
    }
}

impl Gate for Backend {
    type Caller = Authenticated;
    type Permit = Permit;

    async fn access_key(
        &self,
        id: &str,
        token: Option<&str>,
        origin: &Origin,
    ) -> Result<AccessKey<Authenticated>, AccessKeyRefused> {
        self.ram.access_key(id, token, origin).await
    }

    fn identity(&self, caller: &Authenticated) -> Identity {
        Gate::identity(&*self.ram, caller)
    }

    async fn permit(&self, caller: &Authenticated, needs: &[Need]) -> Result<Permit, PermitRefused> {
        self.ram.permit(caller, needs).await
    }
}

impl Rooms for Backend {
    fn ram(&self) -> &Ram {
        &self.ram
    }
}

impl Keys for Backend {
    fn kms(&self) -> &Kms {
        &self.kms
    }
}

impl Images for Backend {
    fn ecs(&self) -> &Ecs {
        &self.ecs
    }
}

impl Nonces for Backend {
    async fn take(&self, id: &str, nonce: &str, expires: Timestamp) -> Result<bool, Unavailable> {
        self.memory.take(id, nonce, expires).await
    }
}

impl Journal for Backend {
    async fn record(&self, call: &Record<'_>) -> Result<(), Unavailable> {
        self.memory.record(call).await
    }
}

impl Uploads for Backend {
    fn uploads(&self) -> Option<&Arc<Ecs>> {
        Some(&self.ecs)
    }
}

impl Readiness for Backend {
    async fn ready(&self) -> Result<(), Unavailable> {
        self.memory.ready().await
    }
}
