//! The keys of sealed files, by `reseal exec` and cryptsetup.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::lab::{Lab, said, within};

/// cryptsetup does not look at what follows, but wants as much to be there.
const HEADER_LEN: usize = 4 << 20;

/// The passphrase, the data key and the master key of a file, with their names; nothing of a plain one. The file may be in use: a copy of it is
/// opened, in `work`.
pub(super) fn of_file(lab: &Lab, file: &Path, work: &Path) -> Vec<(String, Vec<u8>)> {
    let name = file.file_name().expect("a file").to_string_lossy().into_owned();
    let copy = work.join(&name);
    fs::copy(file, &copy).expect("a copy");
    let Some(header) = header_of(&copy) else { return Vec::new() };
    let passphrase = exec(lab, &copy, "cat {secret}").stdout;
    let master_key = work.join("master.key");
    let dump = "cryptsetup luksDump --dump-volume-key -q --key-file {secret}";
    exec(lab, &copy, &format!("{dump} --volume-key-file {} {}", master_key.display(), header.display()));
    let data_key = STANDARD.decode(&passphrase).expect("base64");
    let master = fs::read(&master_key).expect("the master key");
    fs::remove_file(&master_key).expect("it was just read");
    assert_eq!((data_key.len(), master.len()), (32, 64), "{name}");
    [("passphrase", passphrase), ("data key", data_key), ("master key", master)]
        .map(|(what, key)| (format!("{what} of {name}"), key))
        .into()
}

/// The LUKS header within a qcow2 file, as a file of its own.
fn header_of(file: &Path) -> Option<PathBuf> {
    let bytes = fs::read(file).expect("a file");
    let at = bytes.chunks(512).position(|sector| sector.starts_with(b"LUKS\xba\xbe"))? * 512;
    let mut header = bytes[at..].to_vec();
    header.resize(HEADER_LEN, 0);
    let path = file.with_extension("luks");
    fs::write(&path, header).expect("a file");
    Some(path)
}

/// Runs a script that has the passphrase on a pipe.
fn exec(lab: &Lab, file: &Path, script: &str) -> Output {
    let mut command = lab.place.reseal();
    command.arg("exec").arg(file).args(["--", "sh", "-ec", script]);
    // cryptsetup lives in sbin, which is not on everybody's path.
    command.env("PATH", std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin");
    let done = within(60, &command);
    assert!(done.status.success(), "{script}: {}", said(&done));
    done
}
