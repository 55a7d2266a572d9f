//! Disks of instances on the wire. Source: ecs-images.md 7 to 9.

mod change;
mod describe;
mod snapshot;

use super::Images;
use super::action::OnEcs;
use crate::action::Row;

/// All calls on disks.
pub(super) fn rows<S: Images>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnEcs<describe::DescribeDisks>>(),
        Row::of::<OnEcs<change::ReplaceSystemDisk>>(),
        Row::of::<OnEcs<change::ReInitDisk>>(),
        Row::of::<OnEcs<snapshot::CreateSnapshot>>(),
    ]
}
