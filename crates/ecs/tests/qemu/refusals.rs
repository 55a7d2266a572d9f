//! What is refused is refused by its own error, and leaves no process.

use std::path::PathBuf;

use ecs::qemu::LayerFormat::{Qcow2, Raw};
use ecs::qemu::{Firmware, Forward, Hypervisor, HypervisorConfig, HypervisorError, MachineSpec, machine_in};

use crate::lab::{BOTTOM, Lab, PATIENCE, TOP, config, hypervisor, processes_in};

/// Wrong passphrase, no passphrase, no file, not a qcow2 file, port in use: each error says which, names the file, and holds no
/// passphrase. No process is left, and the directory can be used again.
#[tokio::test]
async fn a_machine_that_cannot_start_says_why_and_leaves_nothing() {
    let lab = Lab::new();
    let line = lab.take_guest();
    lab.take("sealed.qcow2");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let std::net::SocketAddr::V4(host) = taken.local_addr().unwrap() else { panic!("not IPv4") };
    let mut forwarding = lab.spec("m", vec![lab.layer("disk.raw", Raw, None)]);
    forwarding.network.forwards = vec![Forward { host, guest_port: 22 }];
    let spec = |file, passphrase| lab.spec("m", vec![lab.layer(file, Qcow2, passphrase)]);
    let hypervisor = hypervisor().await;

    let refused = async |spec: MachineSpec| {
        let error = hypervisor.start(spec).await.err().expect("it started");
        assert_eq!(processes_in(&lab.path("m")), Vec::<u32>::new());
        assert!(machine_in(&lab.path("m"), PATIENCE).await.unwrap().is_none());
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(TOP) && !shown.contains(BOTTOM), "{shown}");
        error
    };
    let error = refused(spec("sealed.qcow2", Some(TOP))).await;
    assert!(
        matches!(&error, HypervisorError::WrongPassphrase { path } if *path == lab.path("sealed.qcow2")),
        "{error}"
    );
    let error = refused(spec("sealed.qcow2", None)).await;
    assert!(matches!(&error, HypervisorError::PassphraseMissing { .. }), "{error}");
    let error = refused(spec("none.qcow2", None)).await;
    assert!(matches!(&error, HypervisorError::File { path, .. } if *path == lab.path("none.qcow2")), "{error}");
    let error = refused(spec("disk.raw", None)).await;
    assert!(matches!(&error, HypervisorError::LayerRefused { .. }), "{error}");
    let error = refused(forwarding).await;
    assert!(matches!(&error, HypervisorError::PortTaken { host: named } if *named == host), "{error}");

    let machine = hypervisor.start(spec("sealed.qcow2", Some(BOTTOM))).await.unwrap();
    assert_eq!(crate::lab::last_words(&machine).await.trim(), line);
}

/// A second machine in a directory, and a second writer of a disk, are refused while the first runs.
#[tokio::test]
async fn neither_directory_nor_disk_is_used_twice() {
    let lab = Lab::new();
    let hypervisor = hypervisor().await;
    let machine = hypervisor.start(lab.idle("m")).await.unwrap();
    let again = lab.spec("m", vec![lab.layer("m.raw", Raw, None)]);
    let error = hypervisor.start(again).await.err().unwrap();
    assert!(matches!(&error, HypervisorError::AlreadyRunning { .. }), "{error}");
    let elsewhere = lab.spec("n", vec![lab.layer("m.raw", Raw, None)]);
    let error = hypervisor.start(elsewhere).await.err().unwrap();
    assert!(matches!(&error, HypervisorError::LayerInUse { .. }), "{error}");
    machine.quit().await.unwrap();
}

/// What is missing on the host is said, with what to install.
#[tokio::test]
async fn what_is_not_installed_is_named() {
    let missing = HypervisorConfig { program: PathBuf::from("qemu-system-nowhere"), ..config() };
    let error = Hypervisor::find(&missing).await.err().unwrap();
    assert!(error.to_string().contains("qemu-system-x86"), "{error}");

    if ["/usr/share/OVMF", "/usr/share/edk2"].iter().all(|place| !PathBuf::from(place).exists()) {
        let lab = Lab::new();
        let spec = MachineSpec { firmware: Firmware::Uefi, ..lab.idle("m") };
        let error = hypervisor().await.start(spec).await.err().unwrap();
        assert!(error.to_string().contains("ovmf"), "{error}");
    }
}
