//! A directory with disks of guest A, as stock tools make them, and machines that use them.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crypto::Secret;
use ecs::qemu::{
    AcceleratorChoice, Firmware, Hypervisor, HypervisorConfig, Layer, LayerFormat, Machine, MachineDisk, MachineSpec,
    Network, serial_tail,
};

use crate::guest::{DISK, make_disk, run};

/// Longer than any step takes on a loaded machine; a hang is a failure, not a wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Passphrases that would be found wherever they were left.
pub(crate) const BOTTOM: &str = "7f3a-bottom-passphrase-c0ffee-91d2";
pub(crate) const TOP: &str = "e5b8-top-passphrase-facade-44a7";

pub(crate) struct Lab {
    directory: tempfile::TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A raw disk of guest A, and the line that it prints.
    pub(crate) fn raw(&self, name: &str, seed: u32) -> String {
        make_disk(&self.path(name), seed)
    }

    /// A copy of a raw disk, made by qemu-img.
    pub(crate) fn convert(&self, from: &str, to: &str, format: &str, passphrase: Option<&str>) {
        let mut tool = Command::new("qemu-img");
        tool.args(["convert", "-f", "raw", "-O", format]);
        if let Some(passphrase) = passphrase {
            fs::write(self.path("key"), passphrase).unwrap();
            tool.arg("--object").arg(format!("secret,id=s,file={}", self.path("key").display()));
            let prefix = if format == "luks" { "" } else { "encrypt.format=luks,encrypt." };
            tool.args(["-o", &options(prefix, "s")]);
        }
        run(tool.arg(self.path(from)).arg(self.path(to)));
        let _ = fs::remove_file(self.path("key"));
    }

    /// An encrypted qcow2 overlay without a name of what it lies on: who starts the machine says that.
    pub(crate) fn overlay(&self, name: &str, passphrase: &str) {
        fs::write(self.path("key"), passphrase).unwrap();
        let secret = format!("secret,id=s,file={}", self.path("key").display());
        let mut tool = Command::new("qemu-img");
        tool.args(["create", "-q", "-f", "qcow2", "-u", "--object", &secret]);
        tool.args(["-o", &options("encrypt.format=luks,encrypt.", "s")]);
        // `-u`: the backing file of this name is not looked at; there is none.
        tool.args(["-b", "nowhere", "-F", "qcow2"]).arg(self.path(name)).arg(DISK.to_string());
        run(&mut tool);
        fs::remove_file(self.path("key")).unwrap();
    }

    pub(crate) fn layer(&self, name: &str, format: LayerFormat, passphrase: Option<&str>) -> Layer {
        let passphrase = passphrase.map(|text| Secret::copy_of(text.as_bytes()));
        Layer { path: self.path(name), format, passphrase }
    }

    /// A machine with one disk. Its directory is `name`.
    pub(crate) fn spec(&self, name: &str, layers: Vec<Layer>) -> MachineSpec {
        MachineSpec {
            directory: self.path(name),
            id: format!("i-{name}"),
            vcpus: 1,
            memory_mib: 32,
            disks: vec![MachineDisk { id: "d-bp1234567890abcdefgh".to_owned(), layers }],
            network: Network { mac: [0, 0x16, 0x3e, 1, 2, 3], ..Network::default() },
            firmware: Firmware::Bios,
        }
    }

    /// A machine whose guest stays: its disk holds a boot sector that loops, or answers to nothing.
    pub(crate) fn idle(&self, name: &str) -> MachineSpec {
        let mut disk = vec![0; 1 << 20];
        // sti; hlt; jmp back
        disk[..4].copy_from_slice(&[0xfb, 0xf4, 0xeb, 0xfc]);
        disk[510..512].copy_from_slice(&[0x55, 0xaa]);
        let file = format!("{name}.raw");
        fs::write(self.path(&file), disk).unwrap();
        self.spec(name, vec![self.layer(&file, LayerFormat::Raw, None)])
    }
}

impl Drop for Lab {
    /// A test that failed leaves no machine either.
    fn drop(&mut self) {
        let names = fs::read_dir(self.directory.path()).unwrap();
        for pid in names.flat_map(|name| processes_in(&name.unwrap().path())) {
            let _ = Command::new("kill").args(["-KILL", &pid.to_string()]).status();
        }
    }
}

fn options(prefix: &str, secret: &str) -> String {
    // The fewest iterations that the tool allows: the passphrase is long enough, and the test need not wait.
    let slot = prefix.rsplit(',').next().unwrap_or_default();
    format!("{prefix}key-secret={secret},{slot}iter-time=10")
}

pub(crate) fn config() -> HypervisorConfig {
    HypervisorConfig { accelerator: AcceleratorChoice::Tcg, answer_timeout: PATIENCE, ..HypervisorConfig::default() }
}

pub(crate) async fn hypervisor() -> Hypervisor {
    Hypervisor::find(&config()).await.unwrap()
}

/// Fails the test rather than let it hang.
pub(crate) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("it hangs")
}

/// All that a guest said until it switched itself off.
pub(crate) async fn last_words(machine: &Machine) -> String {
    patiently(machine.ended()).await;
    String::from_utf8(serial_tail(machine.directory(), 4096).unwrap()).unwrap()
}

pub(crate) fn is_there(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

/// The processes that work in a machine's directory.
pub(crate) fn processes_in(directory: &Path) -> Vec<u32> {
    let run = directory.join("run");
    let numbers = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    numbers.filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|place| place == run)).collect()
}
