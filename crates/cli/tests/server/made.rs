//! Accounts as the host makes them.

use crate::running::Place;

/// What `reseal account` printed of an account.
pub(crate) struct Made {
    pub(crate) account: String,
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Made {
    pub(crate) fn by(place: &Place, words: &str) -> Self {
        let done = place.run(words);
        let said = String::from_utf8_lossy(&done.stdout);
        assert!(done.status.success(), "{words}: {}", String::from_utf8_lossy(&done.stderr));
        let after = |label: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(label));
            line.unwrap_or_else(|| panic!("no {label} in {said}")).trim().to_owned()
        };
        Self { account: after("account "), id: after("access key id"), secret: after("access key secret") }
    }
}
