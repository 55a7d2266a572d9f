//! Whether KVM really runs guests: `/dev/kvm` that opens says little.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::{MemfdFlags, memfd_create};

use super::arguments::{Accelerator, SANDBOX};
use super::config::AcceleratorChoice;
use super::error::HypervisorError;
use super::launch::Programs;

/// Within this time KVM runs the tiny guest, or it is not used. It takes a tenth of a second where KVM works, and several
/// seconds, or for ever, where it stumbles over instructions.
const PROBE_MAX: Duration = Duration::from_secs(2);

/// As much of QEMU's words as is kept, bytes.
const WORDS_MAX: u64 = 500;

/// The tiny guest, in 16 bits: the power button of the machine `pc` (0x2000 to port 0x604), then halt.
const SWITCH_OFF: [u8; 11] = [0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xfa, 0xf4, 0xeb, 0xfd];

/// Errors: `KvmUnusable` if nothing else was allowed.
pub(super) async fn choose(choice: AcceleratorChoice, programs: &Programs) -> Result<Accelerator, HypervisorError> {
    if choice == AcceleratorChoice::Tcg {
        return Ok(Accelerator::Tcg);
    }
    match (probe(programs).await, choice) {
        (Ok(()), _) => Ok(Accelerator::Kvm),
        (Err(why), AcceleratorChoice::Kvm) => Err(HypervisorError::KvmUnusable { why }),
        (Err(why), _) => {
            tracing::info!(why, "KVM is not used");
            Ok(Accelerator::Tcg)
        }
    }
}

async fn probe(programs: &Programs) -> Result<(), String> {
    if !Path::new("/dev/kvm").exists() {
        return Err("there is no /dev/kvm".to_owned());
    }
    let words = unnamed_file().map_err(|error| error.to_string())?;
    let mut child = begin(programs, &words).map_err(|error| error.to_string())?;
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) if begun.elapsed() < PROBE_MAX => tokio::time::sleep(Duration::from_millis(5)).await,
            Ok(None) => break Err(format!("a tiny guest did not end within {} s", PROBE_MAX.as_secs())),
            Err(error) => break Err(error.to_string()),
        }
    };
    match ended {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(said(words)),
        Err(why) => {
            end(child);
            Err(why)
        }
    }
}

/// The same user and limits as a machine has: whether `/dev/kvm` opens depends on the user.
fn begin(programs: &Programs, words: &File) -> io::Result<Child> {
    let mut sector = [0; 512];
    sector[..SWITCH_OFF.len()].copy_from_slice(&SWITCH_OFF);
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    let mut floppy = unnamed_file()?;
    floppy.write_all(&sector)?;
    let arguments = [
        ["-machine", "pc"],
        ["-accel", "kvm"],
        ["-cpu", "host"],
        ["-m", "16M"],
        ["-display", "none"],
        ["-sandbox", SANDBOX],
        ["-drive", "if=floppy,format=raw,readonly=on,file=/dev/fd/0"],
    ];
    let arguments = arguments.as_flattened().iter().chain(&["-nodefaults", "-no-user-config", "-no-reboot"]);
    let mut command = programs.command(Path::new("/"), arguments.map(Into::into).collect());
    command.stdin(Stdio::from(floppy)).stdout(Stdio::null()).stderr(words.try_clone()?).spawn()
}

/// A file in memory, which any user opens again through `/dev/fd`.
fn unnamed_file() -> io::Result<File> {
    Ok(File::from(memfd_create("reseal-probe", MemfdFlags::CLOEXEC)?))
}

/// QEMU on a broken KVM stands still and ends by nothing but SIGKILL.
fn end(mut child: Child) {
    if let Err(error) = child.kill().and_then(|()| child.wait()) {
        tracing::warn!(%error, "the probe of KVM cannot be ended");
    }
}

fn said(mut words: File) -> String {
    let mut bytes = Vec::new();
    let read = words.rewind().and_then(|()| words.take(WORDS_MAX).read_to_end(&mut bytes));
    match read {
        Ok(len) if len > 0 => String::from_utf8_lossy(&bytes).trim().replace('\n', "; "),
        _ => "QEMU ended with an error".to_owned(),
    }
}
