//! A directory with disks of guest A, as stock tools make them, and machines that use them.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crypto::Secret;
use ecs::qemu::{
    AcceleratorChoice, Firmware, Hypervisor, HypervisorConfig, Layer, LayerFormat, Machine, MachineDisk, MachineSpec,
    Network, serial_tail,
};

use crate::guest::{make_disk, run};

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

    /// A copy of one of the disks of [`stock`].
    pub(crate) fn take(&self, name: &str) {
        fs::copy(stock().place.join(name), self.path(name)).unwrap();
    }

    /// The raw disk of guest A, and the line that it prints.
    pub(crate) fn take_guest(&self) -> &'static str {
        self.take("disk.raw");
        &stock().line
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

    /// A machine whose guest stays.
    pub(crate) fn idle(&self, name: &str) -> MachineSpec {
        let file = format!("{name}.raw");
        fs::write(self.path(&file), idle_disk()).unwrap();
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

/// Disks that all tests copy: qemu-img measures the machine for seconds each time it makes a LUKS header.
struct Stock {
    place: PathBuf,
    /// What guest A prints.
    line: String,
}

/// `disk.raw` of guest A, as `sealed.qcow2`, `sealed.luks` (`BOTTOM`), `plain.qcow2` and `plain.vhd`; `idle.qcow2` (`BOTTOM`);
/// `overlay.qcow2` (`TOP`), which names a backing file that is not there.
fn stock() -> &'static Stock {
    static STOCK: OnceLock<Stock> = OnceLock::new();
    STOCK.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("qemu-stock");
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).unwrap();
        let line = make_disk(&place.join("disk.raw"), 1, false);
        fs::write(place.join("idle.raw"), idle_disk()).unwrap();
        fs::write(place.join("bottom"), BOTTOM).unwrap();
        fs::write(place.join("top"), TOP).unwrap();
        let bottom = ["--object", "secret,id=s,file=bottom"];
        // The fewest iterations that the tool allows: the passphrases are long enough.
        let qcow2 = ["-o", "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10"];
        let convert = ["convert", "-f", "raw", "-O"];
        let tools: [&[&[&str]]; 6] = [
            &[&convert, &["qcow2"], &bottom, &qcow2, &["disk.raw", "sealed.qcow2"]],
            &[&convert, &["qcow2"], &bottom, &qcow2, &["idle.raw", "idle.qcow2"]],
            &[&convert, &["luks"], &bottom, &["-o", "key-secret=s,iter-time=10"], &["disk.raw", "sealed.luks"]],
            &[&convert, &["qcow2", "disk.raw", "plain.qcow2"]],
            &[&convert, &["vpc", "disk.raw", "plain.vhd"]],
            // `-u`: the backing file is not looked at.
            &[
                &["create", "-q", "-f", "qcow2", "-u", "-b", "nowhere", "-F", "qcow2"],
                &["--object", "secret,id=s,file=top"],
                &qcow2,
                &["overlay.qcow2", "2M"],
            ],
        ];
        std::thread::scope(|scope| {
            for tool in tools {
                scope.spawn(|| run(Command::new("qemu-img").current_dir(&place).args(tool.concat())));
            }
        });
        Stock { place, line }
    })
}

/// sti; hlt; back to the hlt.
fn idle_disk() -> Vec<u8> {
    let mut disk = vec![0; 1 << 20];
    disk[..4].copy_from_slice(&[0xfb, 0xf4, 0xeb, 0xfd]);
    disk[510..512].copy_from_slice(&[0x55, 0xaa]);
    disk
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
