//! Which call an instance takes in which state: a table.
//!
//! ```text
//!   (making) Pending ──▶ Running ──stop──▶ Stopping ──▶ Stopped ──start──▶ Starting ──▶ Running
//!              └──── CreateInstance ─────────────────────▲   └─ the guest powered off: Running ──▶ Stopped
//! ```

/// What an instance is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// StartInstance.
    Start,
    /// StopInstance; with `force` also one that is being stopped softly.
    Stop { force: bool },
    /// RebootInstance.
    Reboot,
    /// DeleteInstance; with `force` also one that runs.
    Delete { force: bool },
    /// What replaces its disks.
    UseDisks,
    /// What makes images and snapshots of its disks.
    ReadDisks,
}

/// `None` when an instance of this status takes the call, else what it must be.
pub(crate) fn refusal(call: Call, status: &str) -> Option<&'static str> {
    let (takes, wanted) = match call {
        Call::Start | Call::UseDisks | Call::ReadDisks => (status == "Stopped", "Stopped"),
        Call::Stop { force: false } | Call::Reboot => (status == "Running", "Running"),
        Call::Stop { force: true } => (matches!(status, "Running" | "Stopping"), "Running or Stopping"),
        Call::Delete { force: false } => (status == "Stopped", "Stopped, unless Force=true is said"),
        Call::Delete { force: true } => (true, ""),
    };
    (!takes).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each call with the statuses that take it, of all five; the others are refused with a word about what they must be.
    #[test]
    fn each_call_has_its_states() {
        let all = ["Pending", "Starting", "Running", "Stopping", "Stopped"];
        for (call, takes) in [
            (Call::Start, &["Stopped"][..]),
            (Call::UseDisks, &["Stopped"]),
            (Call::ReadDisks, &["Stopped"]),
            (Call::Stop { force: false }, &["Running"]),
            (Call::Stop { force: true }, &["Running", "Stopping"]),
            (Call::Reboot, &["Running"]),
            (Call::Delete { force: false }, &["Stopped"]),
            (Call::Delete { force: true }, &all),
        ] {
            for status in all {
                assert_eq!(refusal(call, status).is_none(), takes.contains(&status), "{call:?} {status}");
            }
        }
    }
}
