//! An account with its keys and images of guest A, and a host for its instances.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use blobs::{LocalConfig, StoreConfig};
use catalog::{Attends, Catalog, Clock, KeyRecord, Scope, SystemClock};
use crypto::{OsRandom, Secret};
use ecs::qemu::AcceleratorChoice;
use ecs::{
    BlobStore, CopyImage, DescribedInstance, Ecs, EcsConfig, ImageRecord, ImportDisk, ImportImage, ImportSource,
    InstanceFilter, InstanceRecord, InstanceType, InstancesConfig, NewInstances, NewSystemDisk, PageRequest, Rooms,
    SourceFormat,
};
use kms::{DataDir, Kms, NewKey, RootSource};
use ram::trail::Ledger;
use ram::{Permit, Ram};

use crate::gated_store::{Gate, GatedStore};
use crate::guest::{make_disk, run};
use crate::moto::Moto;
use crate::throwaway::Postgres;

/// Longer than any step takes on a loaded machine; a hang is a failure, not a wait.
const PATIENCE: Duration = Duration::from_secs(90);

/// The type of the instances of these tests.
const TINY: &str = "ecs.tiny";

pub(crate) struct Lab {
    pub(crate) ecs: Arc<Ecs>,
    pub(crate) rooms: Rooms,
    pub(crate) permit: Permit,
    pub(crate) scope: Scope,
    /// Of the store.
    pub(crate) gate: Arc<Gate>,
    work: Vec<tokio::task::JoinHandle<()>>,
    store: StoreConfig,
    directory: Arc<tempfile::TempDir>,
    services: Option<Services>,
}

/// Where catalog and blobs are if they are not in the lab's directory.
struct Services {
    postgres: Postgres,
    moto: Moto,
}

/// The bucket of the blobs.
const BUCKET: &str = "images";

impl Lab {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A lab whose host is configured otherwise.
    pub(crate) async fn with(change: impl Fn(&mut InstancesConfig)) -> Self {
        Self::at(None, change).await
    }

    /// A lab with its catalog on PostgreSQL and its blobs in a bucket.
    pub(crate) async fn on_postgresql_and_s3() -> Self {
        Self::at(Some(Services { postgres: Postgres::start(), moto: Moto::start(&[BUCKET]) }), |_| {}).await
    }

    async fn at(services: Option<Services>, change: impl Fn(&mut InstancesConfig)) -> Self {
        let directory = Arc::new(tempfile::tempdir().unwrap());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let data_dir = DataDir::new(directory.path());
        let catalog = match &services {
            Some(services) => Catalog::connect(&services.postgres.url).await,
            None => Catalog::open(data_dir.path()).await,
        };
        let kms = Kms::open_on(catalog.unwrap(), &data_dir, &RootSource::File, clock.clone(), Arc::new(OsRandom));
        let kms = Arc::new(kms.await.unwrap());
        let ram = Ram::new(kms.catalog(), clock.clone(), Arc::new(OsRandom), Secret::copy_of(&[7; 32]));
        let account = ram.ensure_account().await.unwrap();
        let ledger = Arc::new(Ledger::new(kms.catalog(), Secret::copy_of(&[8; 32]), clock.clone()));
        let permit = Permit::for_local_operator(account, clock.now());
        let rooms = Rooms { kms, ram: Arc::new(ram), ledger, clock, random: Arc::new(OsRandom) };
        let scope = Scope { account: account.to_string().parse().unwrap(), region: "cn-hangzhou".parse().unwrap() };
        let path = directory.path().join("store");
        let store = match &services {
            Some(services) => {
                let bucket = services.moto.section(BUCKET, directory.path());
                toml::from_str(&format!("{bucket}path = '{}'", path.display())).unwrap()
            }
            None => StoreConfig::Local(LocalConfig { path }),
        };
        let gate = Gate::new();
        let ecs = open(&rooms, &store, directory.path(), &gate, &change);
        let work = begin(&ecs);
        Self { ecs, rooms, permit, scope, gate, work, store, directory, services }
    }

    /// The server stops, and another comes. Machines go on meanwhile.
    pub(crate) async fn restart(mut self) -> Self {
        self.end_work().await;
        let old = Arc::downgrade(&self.ecs);
        self.ecs = open(&self.rooms, &self.store, self.directory.path(), &self.gate, &|_| {});
        patiently(async {
            while old.strong_count() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await;
        self.work = begin(&self.ecs);
        self
    }

    /// The server stops, and no other comes. Returns what keeps its files.
    pub(crate) async fn stop(mut self) -> Arc<tempfile::TempDir> {
        self.end_work().await;
        Arc::clone(&self.directory)
    }

    async fn end_work(&mut self) {
        for task in self.work.drain(..) {
            task.abort();
            let _ = task.await;
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The names in a directory below that of the lab; none where it is not there.
    pub(crate) fn names(&self, directory: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(directory)).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// How many blobs the store holds.
    pub(crate) fn blob_count(&self) -> usize {
        match &self.services {
            Some(services) => services.moto.keys(BUCKET, "").len(),
            None => self.names("store/blobs").len(),
        }
    }

    /// Instances that have a directory.
    pub(crate) fn instances_on_disk(&self) -> Vec<String> {
        self.names("instances").into_iter().filter(|name| name.starts_with("i-")).collect()
    }

    pub(crate) async fn key(&self) -> KeyRecord {
        self.rooms.kms.create_key(&NewKey::default(), &self.permit, &self.scope).await.unwrap()
    }

    /// A plain image of guest A, and the line that the guest prints.
    pub(crate) async fn plain_image(&self, seed: u32) -> (String, String) {
        let file = self.path(&format!("guest-{seed}.raw"));
        let line = make_disk(&file, seed, false);
        (self.import(file, SourceFormat::Raw).await, line)
    }

    /// The same, imported as qcow2.
    pub(crate) async fn plain_qcow2_image(&self, seed: u32) -> (String, String) {
        let (raw, file) = (self.path("guest.raw"), self.path("guest.qcow2"));
        let line = make_disk(&raw, seed, false);
        let convert = ["convert", "-f", "raw", "-O", "qcow2"];
        run(std::process::Command::new("qemu-img").args(convert).arg(&raw).arg(&file));
        (self.import(file, SourceFormat::Qcow2).await, line)
    }

    /// A plain image of a guest that does nothing, for ever, and does not hear the power button.
    pub(crate) async fn idle_image(&self) -> String {
        let mut disk = vec![0; 1 << 20];
        // sti; hlt; jmp back
        disk[..4].copy_from_slice(&[0xfb, 0xf4, 0xeb, 0xfc]);
        disk[510..512].copy_from_slice(&[0x55, 0xaa]);
        let file = self.path("idle.raw");
        std::fs::write(&file, disk).unwrap();
        self.import(file, SourceFormat::Raw).await
    }

    async fn import(&self, file: PathBuf, format: SourceFormat) -> String {
        let disk = ImportDisk { format: Some(format), ..ImportDisk::of(ImportSource::File(file)) };
        let request = ImportImage { disks: vec![disk], ..ImportImage::default() };
        let imported = self.ecs.import_image(&request, None, &self.permit, &self.scope).await.unwrap();
        self.image_is_made(&imported.image_id).await;
        imported.image_id
    }

    /// A copy under a key; `None`: the service key.
    pub(crate) async fn sealed_image(&self, source: &str, key: Option<&KeyRecord>) -> String {
        let image = self.begin_sealed_image(source, key).await;
        self.image_is_made(&image).await;
        image
    }

    pub(crate) async fn begin_sealed_image(&self, source: &str, key: Option<&KeyRecord>) -> String {
        let key = key.map(|key| key.id.to_string());
        let request = CopyImage { image_id: source.to_owned(), encrypted: true, key, ..CopyImage::default() };
        self.ecs.copy_image(&request, None, &self.permit, &self.scope).await.unwrap()
    }

    pub(crate) async fn image(&self, id: &str) -> ImageRecord {
        self.rooms.kms.catalog().read().image_by_id(id).await.unwrap().unwrap()
    }

    pub(crate) async fn image_is_made(&self, id: &str) {
        patiently(async {
            loop {
                let image = self.image(id).await;
                match image.status.as_str() {
                    "Available" => return,
                    "CreateFailed" => panic!("{}", image.failure),
                    _ => tokio::time::sleep(Duration::from_millis(30)).await,
                }
            }
        })
        .await;
    }

    pub(crate) fn new_instances(image: &str) -> NewInstances {
        NewInstances {
            image_id: image.to_owned(),
            instance_type: TINY.to_owned(),
            name: String::new(),
            description: String::new(),
            host_name: String::new(),
            system_disk: NewSystemDisk::default(),
            data_disks: Vec::new(),
            amount: 1,
            min_amount: None,
            key_pair: None,
            is_protected: false,
            tags: Vec::new(),
        }
    }

    /// Runs one instance.
    pub(crate) async fn run(&self, request: &NewInstances) -> ecs::Result<String> {
        let ids = self.ecs.run_instances(request, None, &self.permit, &self.scope).await?;
        Ok(ids.into_iter().next().unwrap())
    }

    pub(crate) async fn instance(&self, id: &str) -> Option<DescribedInstance> {
        let filter = InstanceFilter { ids: id.to_owned(), ..InstanceFilter::default() };
        let page = PageRequest::first();
        let found = self.ecs.describe_instances(&filter, &[], page, &self.permit, &self.scope).await.unwrap();
        found.items.into_iter().next()
    }

    /// Waits for a status.
    pub(crate) async fn becomes(&self, id: &str, status: &str) {
        patiently(async {
            while self.instance(id).await.unwrap().instance.status != status {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        })
        .await;
    }

    /// Changes what the catalog says of an instance, as a server may leave it that was killed.
    pub(crate) async fn edit(&self, id: &str, change: impl FnOnce(&mut InstanceRecord)) {
        let mut write = self.rooms.kms.catalog().write().await.unwrap();
        let mut instance = write.read().instance_by_id(id).await.unwrap().unwrap();
        change(&mut instance);
        assert!(write.instance_update(&instance).await.unwrap());
        write.commit().await.unwrap();
    }

    /// All that a guest said until it switched itself off.
    pub(crate) async fn last_words(&self, id: &str) -> String {
        self.becomes(id, "Stopped").await;
        let output = self.ecs.console_output(id, &self.permit, &self.scope).await.unwrap();
        String::from_utf8(BASE64.decode(output.base64).unwrap()).unwrap().trim().to_owned()
    }

    /// The process of a machine, by the directory that it works in.
    pub(crate) fn processes(&self) -> Vec<u32> {
        // Of a host without instances the path would be empty, and every process below it.
        let Ok(below) = self.path("instances").canonicalize() else { return Vec::new() };
        let numbers = std::fs::read_dir("/proc").unwrap();
        let numbers = numbers.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let is_ours =
            |pid: &u32| std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&below));
        numbers.filter(is_ours).collect()
    }
}

/// A test that fails leaves no machine.
impl Drop for Lab {
    fn drop(&mut self) {
        for pid in self.processes() {
            run(std::process::Command::new("kill").args(["-9", &pid.to_string()]));
        }
    }
}

fn open(
    rooms: &Rooms,
    store: &StoreConfig,
    directory: &Path,
    gate: &Arc<Gate>,
    change: &dyn Fn(&mut InstancesConfig),
) -> Arc<Ecs> {
    let store = GatedStore { store: store.open().unwrap(), gate: Arc::clone(gate) };
    let stores: BTreeMap<_, Arc<dyn BlobStore>> =
        BTreeMap::from([("cn-hangzhou".parse().unwrap(), Arc::new(store) as Arc<dyn BlobStore>)]);
    let mut config = EcsConfig::new(directory.to_owned(), 1);
    config.instances.hypervisor.accelerator = AcceleratorChoice::Tcg;
    config.instances.hypervisor.answer_timeout = PATIENCE;
    config.instances.stop_timeout = Duration::from_millis(300);
    config.instances.types.push(InstanceType { name: TINY.to_owned(), cpu: 1, memory_mib: 32 });
    change(&mut config.instances);
    Ecs::new(rooms.clone(), stores, config)
}

fn begin(ecs: &Arc<Ecs>) -> Vec<tokio::task::JoinHandle<()>> {
    let working = Arc::clone(ecs);
    let work = async move {
        let attendance = working.attend(Attends::OnlyServer).await.unwrap();
        working.work(attendance).await;
    };
    vec![tokio::spawn(work), tokio::spawn(Arc::clone(ecs).host_instances())]
}

/// Fails the test rather than let it hang.
pub(crate) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it hangs")
}
