//! ARNs of ECS: what rights are on, and how the use of a key is written down.

use catalog::Scope;
use ram::{Action, Permit};

use crate::error::{EcsError, Result};

/// `acs:ecs:<region>:<account>:<relative-id>`.
pub(crate) fn arn(scope: &Scope, relative_id: &str) -> String {
    format!("acs:ecs:{}:{}:{relative_id}", scope.region, scope.account)
}

/// A disk of an image, as the usage of its key shows it: `acs:ecs:<region>:<account>:image/<id>/disk/<position>`.
pub(crate) fn image_disk(scope: &Scope, image_id: &str, position: u32) -> String {
    arn(scope, &format!("image/{image_id}/disk/{position}"))
}

/// A disk of an instance, as the usage of its keys shows it.
pub(crate) fn disk(scope: &Scope, disk_id: &str) -> String {
    arn(scope, &format!("disk/{disk_id}"))
}

/// A snapshot that was made of a disk, as the usage of its key shows it.
pub(crate) fn snapshot(scope: &Scope, snapshot_id: &str) -> String {
    arn(scope, &format!("snapshot/{snapshot_id}"))
}

/// Refuses a permit that does not cover `action` on something of `scope`.
///
/// Errors: `NotPermitted`.
pub(crate) fn require(permit: &Permit, action: Action, scope: &Scope, relative_id: &str) -> Result<()> {
    let resource = arn(scope, relative_id);
    if resource.parse().is_ok_and(|arn| permit.covers(action, &arn)) {
        Ok(())
    } else {
        Err(EcsError::NotPermitted { action, resource })
    }
}
