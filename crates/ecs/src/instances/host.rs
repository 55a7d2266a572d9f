//! This machine as the host of instances: who it is, what runs on it, and who works on which instance.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use blobs::OpenBlob;
use crypto::Random;
use tokio::sync::{Mutex as Turn, OnceCell, OwnedMutexGuard};

use super::host_directory::{HostDirectory, id_of};
use super::{InstanceError, InstancesConfig};
use crate::error::{EcsError, Result};
use crate::qemu::{Hypervisor, HypervisorError, Machine};

/// The state of the host in this process. What must outlive it stands in the catalog.
#[derive(Default)]
pub(crate) struct Host {
    directory: OnceCell<HostDirectory>,
    hypervisor: OnceCell<Arc<Hypervisor>>,
    machines: Mutex<HashMap<String, Running>>,
    turns: Mutex<HashMap<String, Weak<Turn<()>>>>,
}

/// A machine that runs.
struct Running {
    machine: Arc<Machine>,
    /// What its disks lie on: a blob that was fetched from a bucket stays here as long as the machine runs. One that was found again pins
    /// none: the store forgot what it had fetched when it was opened, and the machine has it open, so its bytes stay.
    _blobs: Vec<OpenBlob>,
    /// Whether the end of a soft stop is waited for.
    is_stopping: bool,
}

impl Host {
    /// Waits until nobody else works on something of this name, and keeps others from it while the guard lives.
    pub(crate) async fn turn(&self, name: &str) -> OwnedMutexGuard<()> {
        self.turn_of(name).lock_owned().await
    }

    /// The same, if nobody works on it now.
    pub(super) fn turn_if_free(&self, name: &str) -> Option<OwnedMutexGuard<()>> {
        self.turn_of(name).try_lock_owned().ok()
    }

    fn turn_of(&self, name: &str) -> Arc<Turn<()>> {
        let mut turns = lock(&self.turns);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let known = turns.get(name).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let new = Arc::new(Turn::new(()));
            turns.insert(name.to_owned(), Arc::downgrade(&new));
            new
        })
    }

    /// The name of this host: that of the directory in which the files of its instances lie, made at its first use. From then on this
    /// process has the directory alone.
    ///
    /// Errors: `DirectoryTaken`, `Directory`.
    pub(super) async fn id(&self, config: &InstancesConfig, random: &dyn Random) -> Result<&str> {
        let taken = self.directory.get_or_try_init(|| async { HostDirectory::take(&config.directory, random) }).await;
        Ok(&taken.map_err(|error| unusable(config, error))?.id)
    }

    /// The same, if there ever was an instance here, and without taking the directory: for whoever only tells its instances from others.
    ///
    /// Errors: `Directory`.
    pub(crate) fn id_if_named(&self, config: &InstancesConfig) -> Result<Option<String>> {
        match self.directory.get() {
            Some(taken) => Ok(Some(taken.id.clone())),
            None => id_of(&config.directory).map_err(|error| unusable(config, error)),
        }
    }

    /// The hypervisor, looked for at its first use.
    pub(super) async fn hypervisor(
        &self,
        config: &InstancesConfig,
    ) -> std::result::Result<&Arc<Hypervisor>, HypervisorError> {
        self.hypervisor.get_or_try_init(|| async { Hypervisor::find(&config.hypervisor).await.map(Arc::new) }).await
    }

    pub(super) fn insert(&self, id: &str, machine: Arc<Machine>, blobs: Vec<OpenBlob>) {
        lock(&self.machines).insert(id.to_owned(), Running { machine, _blobs: blobs, is_stopping: false });
    }

    /// Whether the end of a soft stop of an instance's machine is waited for.
    pub(super) fn is_stopping(&self, id: &str) -> bool {
        lock(&self.machines).get(id).is_some_and(|running| running.is_stopping)
    }

    /// Notes that it is, or no more, if the machine is still this one.
    pub(super) fn set_stopping(&self, id: &str, machine: &Arc<Machine>, is_stopping: bool) {
        let mut machines = lock(&self.machines);
        if let Some(running) = machines.get_mut(id).filter(|running| Arc::ptr_eq(&running.machine, machine)) {
            running.is_stopping = is_stopping;
        }
    }

    pub(super) fn machine(&self, id: &str) -> Option<Arc<Machine>> {
        lock(&self.machines).get(id).map(|running| Arc::clone(&running.machine))
    }

    /// Forgets the machine of an instance, which is over.
    pub(super) fn remove(&self, id: &str) {
        lock(&self.machines).remove(id);
    }

    /// The same, if it is still this one. `false` when it is another, or none.
    pub(super) fn remove_this(&self, id: &str, machine: &Arc<Machine>) -> bool {
        let mut machines = lock(&self.machines);
        let is_it = machines.get(id).is_some_and(|running| Arc::ptr_eq(&running.machine, machine));
        if is_it {
            machines.remove(id);
        }
        is_it
    }
}

fn unusable(config: &InstancesConfig, source: std::io::Error) -> EcsError {
    let directory = config.directory.clone();
    match source.kind() {
        std::io::ErrorKind::WouldBlock => InstanceError::DirectoryTaken { directory },
        _ => InstanceError::Directory { directory, source },
    }
    .into()
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the files of an instance lie: those of its disks in a directory of their own, beside what the machine makes.
pub(crate) struct Place {
    /// `<instances>/<id>`
    pub(crate) instance: PathBuf,
    /// `<instances>/<id>/disks`
    pub(crate) disks: PathBuf,
}

impl Place {
    pub(crate) fn of(config: &InstancesConfig, instance_id: &str) -> Self {
        let instance = config.directory.join(instance_id);
        Self { disks: instance.join("disks"), instance }
    }

    /// Makes both.
    pub(super) fn make(&self) -> std::io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.disks)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Whoever works on an instance has it alone; another instance is not waited for.
    #[tokio::test]
    async fn one_works_on_an_instance_at_a_time() {
        let host = Arc::new(Host::default());
        let inside = Arc::new(AtomicUsize::new(0));
        let other = host.turn("i-2").await;
        let work = (0..20).map(|_| {
            let (host, inside) = (Arc::clone(&host), Arc::clone(&inside));
            tokio::spawn(async move {
                let _turn = host.turn("i-1").await;
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for done in work.collect::<Vec<_>>() {
            done.await.unwrap();
        }
        drop(other);
        assert!(lock(&host.turns).len() <= 2, "what nobody waits for is forgotten");
    }
}
