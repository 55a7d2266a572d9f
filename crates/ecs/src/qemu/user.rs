//! Whom QEMU runs as.

use std::fs;

use rustix::process::geteuid;

use super::error::HypervisorError;

/// Who owns what QEMU owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VmUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// Looked for in this order when the operator names nobody.
const DEFAULTS: [&str; 2] = ["reseal-vm", "nobody"];

impl VmUser {
    /// `None` if we are not root: QEMU then runs as ourselves.
    ///
    /// Errors: `UserNotFound`, `UserIsRoot`.
    pub(super) fn choose(named: Option<&str>) -> Result<Option<Self>, HypervisorError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let path = "/etc/passwd";
        let passwd = fs::read_to_string(path).map_err(HypervisorError::file("reading", path))?;
        Self::among(&passwd, named).map(Some)
    }

    fn among(passwd: &str, named: Option<&str>) -> Result<Self, HypervisorError> {
        let names = named.as_ref().map_or(&DEFAULTS[..], std::slice::from_ref);
        let last = names.last().copied().unwrap_or_default();
        let (name, user) = names
            .iter()
            .find_map(|name| Some((*name, Self::entry(passwd, name)?)))
            .ok_or_else(|| HypervisorError::UserNotFound { user: last.to_owned() })?;
        if user.uid == 0 {
            return Err(HypervisorError::UserIsRoot { user: name.to_owned() });
        }
        Ok(user)
    }

    /// passwd(5): name, password, uid, gid, …
    fn entry(passwd: &str, name: &str) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            if fields.next()? != name {
                return None;
            }
            Some(Self { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65533:nobody:/:/bin/false\nvm:x:7:8::/:\n";

    /// The named user, else `reseal-vm`, else `nobody`; never root, and nobody else in place of one who is missing.
    #[test]
    fn qemu_runs_as_the_named_user_or_as_one_of_two() {
        assert_eq!(VmUser::among(PASSWD, Some("vm")).unwrap(), VmUser { uid: 7, gid: 8 });
        assert_eq!(VmUser::among(PASSWD, None).unwrap(), VmUser { uid: 65534, gid: 65533 });
        let own = format!("{PASSWD}reseal-vm:x:9:9::/:\n");
        assert_eq!(VmUser::among(&own, None).unwrap(), VmUser { uid: 9, gid: 9 });
        assert!(matches!(VmUser::among(PASSWD, Some("v")), Err(HypervisorError::UserNotFound { .. })));
        assert!(matches!(VmUser::among(PASSWD, Some("root")), Err(HypervisorError::UserIsRoot { .. })));
    }
}
