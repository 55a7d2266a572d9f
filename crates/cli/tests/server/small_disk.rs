//! Servers whose data directory lies on a file system of its own, which the test can fill.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::running::{Place, Server};

impl Place {
    /// What runs `reseal` with its data directory on a file system of so many bytes, which only it and its parent see.
    pub(crate) fn on_small_file_system(&self, bytes: u64) -> Command {
        fs::create_dir(self.data()).expect("a directory");
        let mut command = Command::new("unshare");
        // As root of a user namespace of its own where the tests do not run as root.
        command.args(if rustix::process::geteuid().is_root() { &["--mount"][..] } else { &["-r", "--mount"] });
        // The shell stays: nobody can look into the root of a process that forbids dumps.
        let script = format!("mount -t tmpfs -o size={bytes},mode=700 tmpfs \"$1\" && shift && \"$@\"; exit $?");
        command.args(["sh", "-c", &script, "sh"]).arg(self.data());
        command.arg(env!("CARGO_BIN_EXE_reseal"));
        self.reseal_by(command)
    }

    /// The way into the data directory of such a server from outside.
    pub(crate) fn data_of(&self, server: &Server) -> PathBuf {
        let data = self.data();
        let inside = data.strip_prefix("/").expect("absolute");
        Path::new("/proc").join(server.child_id().to_string()).join("root").join(inside)
    }
}

/// Writes until there is no more space than `left`.
#[allow(dead_code, reason = "the tests of images use it")]
pub(crate) fn fill_but(path: &Path, left: u64) {
    fill(path);
    let all = fs::metadata(path).expect("it was just made").len();
    let shortened = File::options().write(true).open(path).and_then(|file| file.set_len(all - left));
    shortened.expect("shorter");
}

/// Writes until there is no space.
pub(crate) fn fill(path: &Path) {
    let mut file = File::create(path).expect("a file");
    for piece in [64 << 10, 512] {
        let error = std::iter::repeat_with(|| file.write_all(&vec![1; piece]))
            .find_map(Result::err)
            .expect("it is full at some time");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
