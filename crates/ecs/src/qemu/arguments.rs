//! The command line of QEMU. It holds nothing secret, and no disk: those come over QMP.

use std::ffi::OsString;

use super::directory::{QMP_SOCKET, SERIAL_SOCKET, UEFI_VARIABLES};
use super::firmware::Uefi;
use super::spec::{Forward, MachineSpec, Network};

/// What executes the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accelerator {
    Kvm,
    Tcg,
}

/// What QEMU denies itself by seccomp from its start on: old system calls, more rights, other programs, other priorities.
pub(super) const SANDBOX: &str = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

/// Relative paths are below QEMU's own directory. Standard output is the serial log, which QEMU opens again as `/dev/fd/1`.
pub(super) fn arguments(spec: &MachineSpec, accelerator: Accelerator, uefi: Option<&Uefi>) -> Vec<OsString> {
    // `max` under TCG has the instructions that distributions ask for (x86-64-v2 and -v3); the default processor has not.
    let (accelerator, processor) = match accelerator {
        Accelerator::Kvm => ("kvm", "host"),
        Accelerator::Tcg => ("tcg", "max"),
    };
    let mut arguments = Vec::new();
    for (option, value) in [
        ("-name", format!("guest={}", spec.id)),
        ("-machine", "pc,dump-guest-core=off".to_owned()),
        ("-accel", accelerator.to_owned()),
        ("-cpu", processor.to_owned()),
        ("-smp", spec.vcpus.to_string()),
        ("-m", format!("{}M", spec.memory_mib)),
        ("-display", "none".to_owned()),
        ("-sandbox", SANDBOX.to_owned()),
        ("-chardev", format!("socket,id=qmp,path={QMP_SOCKET},server=on,wait=off")),
        ("-mon", "chardev=qmp,mode=control".to_owned()),
        (
            "-chardev",
            format!("socket,id=serial,path={SERIAL_SOCKET},server=on,wait=off,logfile=/dev/fd/1,logappend=on"),
        ),
        ("-serial", "chardev:serial".to_owned()),
        ("-netdev", netdev(&spec.network)),
        // No boot from the network: the firmware need not ask for it.
        ("-device", format!("virtio-net-pci,netdev=net,mac={},romfile=", mac(spec.network.mac))),
        ("-object", "rng-builtin,id=rng".to_owned()),
        ("-device", "virtio-rng-pci,rng=rng".to_owned()),
    ] {
        arguments.extend([OsString::from(option), OsString::from(value)]);
    }
    // `-S`: no instruction runs before the disks are there.
    arguments.extend(["-nodefaults", "-no-user-config", "-S"].map(OsString::from));
    if let Some(uefi) = uefi {
        let mut code = OsString::from("if=pflash,format=raw,readonly=on,file=");
        code.push(&uefi.code);
        let variables = OsString::from(format!("if=pflash,format=raw,file={UEFI_VARIABLES}"));
        arguments.extend(["-drive".into(), code, "-drive".into(), variables]);
    }
    arguments
}

fn netdev(network: &Network) -> String {
    let restrict = if network.restrict { "on" } else { "off" };
    let mut text = format!("user,id=net,restrict={restrict}");
    for forward in &network.forwards {
        text += &format!(",hostfwd={}", forwarding_rule(forward));
    }
    text
}

/// In QEMU's words, which its refusal repeats.
pub(super) fn forwarding_rule(forward: &Forward) -> String {
    format!("tcp:{}-:{}", forward.host, forward.guest_port)
}

fn mac(bytes: [u8; 6]) -> String {
    bytes.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses are written as QEMU reads them.
    #[test]
    fn the_network_is_written_in_the_words_of_qemu() {
        let forwards = vec![
            Forward { host: "127.0.0.1:2222".parse().unwrap(), guest_port: 22 },
            Forward { host: "0.0.0.0:80".parse().unwrap(), guest_port: 8080 },
        ];
        let network = Network { mac: [0x00, 0x16, 0x3e, 1, 2, 0xff], forwards, restrict: true };
        let text = "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=tcp:0.0.0.0:80-:8080";
        assert_eq!(netdev(&network), text);
        assert_eq!(mac(network.mac), "00:16:3e:01:02:ff");
    }
}
