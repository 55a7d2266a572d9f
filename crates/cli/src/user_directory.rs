//! Where a user's own files are. Source: XDG Base Directory Specification.

use std::path::PathBuf;

/// `reseal` in the directory that `variable` names, else in `below_home` of the home directory; `None` if neither is set. A
/// relative path in the variable does not count.
pub(crate) fn user_directory(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set(variable).filter(|base| base.is_absolute()).or_else(|| Some(set("HOME")?.join(below_home)))?;
    Some(base.join("reseal"))
}
