//! Directories that have a name of their own, in a file: drawn once, the same for whoever works in them, and for no other directory.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crypto::Random;

use crate::ids::new_id;

/// Holds the name of a data directory.
const SERVER_NAME: &str = "server-name";

/// The name of a data directory, by which jobs know whose files they need, and servers whose jobs were their own. Drawn at its first use.
///
/// Errors: the system's; `InvalidData` for a file that holds none.
pub fn server_name(data_dir: &Path, random: &dyn Random) -> io::Result<String> {
    match read_name(data_dir, SERVER_NAME)? {
        Some(name) => Ok(name),
        None => draw_name(data_dir, SERVER_NAME, "server", random),
    }
}

/// The name that a directory has; `None` if it never got one.
///
/// Errors: the system's: a name that cannot be read now is not replaced, as what knows it would be nobody's.
pub(crate) fn read_name(directory: &Path, file: &str) -> io::Result<Option<String>> {
    match fs::read_to_string(directory.join(file)) {
        Ok(name) if name.trim().is_empty() => {
            Err(io::Error::new(ErrorKind::InvalidData, format!("the file `{file}` is empty")))
        }
        Ok(name) => Ok(Some(name.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Gives a directory a name, if nobody else just did. The file is there whole or not at all, also after a power cut.
pub(crate) fn draw_name(directory: &Path, file: &str, prefix: &str, random: &dyn Random) -> io::Result<String> {
    let name = new_id(prefix, random);
    let new = directory.join(format!("{name}.new"));
    let mut to = File::options().write(true).create_new(true).mode(0o644).open(&new)?;
    let linked = to.write_all(name.as_bytes()).and_then(|()| to.sync_all()).and_then(|()| {
        // Unlike a rename, this leaves the name of another alone.
        fs::hard_link(&new, directory.join(file))
    });
    fs::remove_file(&new)?;
    match linked {
        Ok(()) => File::open(directory)?.sync_all()?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    read_name(directory, file)?.ok_or_else(|| ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use crypto::OsRandom;

    use super::*;

    /// Of many that come at once all get one name, which stays; another directory has another. One that cannot be read is not drawn anew.
    #[test]
    fn a_directory_has_one_name() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let names: Vec<String> = std::thread::scope(|scope| {
            let drawn: Vec<_> = (0..8).map(|_| scope.spawn(|| server_name(here.path(), &OsRandom).unwrap())).collect();
            drawn.into_iter().map(|name| name.join().unwrap()).collect()
        });
        assert!(names[0].starts_with("server-"));
        assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1, "nothing is left beside it");
        assert_ne!(server_name(there.path(), &OsRandom).unwrap(), names[0]);
        for damage in [b"".as_slice(), b" \n", b"\xff\xfe"] {
            fs::write(here.path().join(SERVER_NAME), damage).unwrap();
            let refused = server_name(here.path(), &OsRandom).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidData);
            assert_eq!(fs::read(here.path().join(SERVER_NAME)).unwrap(), damage);
        }
    }
}
