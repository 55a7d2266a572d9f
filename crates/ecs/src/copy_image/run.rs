//! One check after the other, and what came of each.

use engine::SourceFormat;

use crate::error::{EcsError, Result};

/// One check of a call, and what came of it.
#[derive(Debug)]
pub struct Check {
    /// What was looked at, in few words.
    pub name: &'static str,
    /// Device of the one disk that was looked at; `None` where it is not about one that the call lists.
    pub device: Option<String>,
    /// Why it refuses the call; `None` where it does not, or could not be looked at because an earlier one refused.
    pub refusal: Option<EcsError>,
    /// Whether it was looked at.
    pub was_run: bool,
    /// What the disk of an import is, where the check is of one.
    pub found: Option<FoundDisk>,
}

/// What was found of a disk before it is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundDisk {
    /// As it looks; of one that a service has, what the caller says, if anything.
    pub format: Option<SourceFormat>,
    /// Of its disk; of one that a service has, of the object.
    pub virtual_bytes: u64,
}

/// Runs the checks one after the other; a dry run goes on after the first that refuses.
pub(super) struct Run {
    pub(super) checks: Vec<Check>,
    go_on: bool,
    pub(super) first: Option<EcsError>,
}

impl Run {
    pub(super) fn new(go_on: bool) -> Self {
        Self { checks: Vec::new(), go_on, first: None }
    }

    /// Notes a check. `None` when it refuses; the error then stands in the list, or is the call's.
    pub(super) fn note<T>(&mut self, name: &'static str, outcome: Result<T>) -> Option<T> {
        self.note_of(name, None, outcome)
    }

    /// The same for a check that is of one disk.
    pub(super) fn note_of<T>(&mut self, name: &'static str, device: Option<&str>, outcome: Result<T>) -> Option<T> {
        let (value, refusal) = match outcome {
            Ok(value) => (Some(value), None),
            Err(error) if self.go_on => (None, Some(error)),
            Err(error) => {
                self.first.get_or_insert(error);
                return None;
            }
        };
        self.checks.push(Check { name, device: device.map(str::to_owned), refusal, was_run: true, found: None });
        value
    }

    pub(super) fn is_over(&self) -> bool {
        self.first.is_some()
    }

    /// Notes checks that cannot be run, as what they would look at is not known.
    pub(super) fn skip(&mut self, names: &[&'static str]) {
        let skipped = |name: &&'static str| Check { name, device: None, refusal: None, was_run: false, found: None };
        self.checks.extend(names.iter().map(skipped));
    }
}
