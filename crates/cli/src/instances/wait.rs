//! Waiting for an instance to come to a status.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{InstanceView, Instances};

/// Time between two looks.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_millis(320);

/// Waits until an instance has this status, or its guest has switched it off: that may be over before anybody looks.
///
/// Errors: it is deleted meanwhile, or stopped with a reason while it was waited for to run.
pub(crate) fn wait_until(instances: &dyn Instances, id: &str, status: &str) -> Result<InstanceView> {
    let mut pause = PAUSE_MIN;
    loop {
        let found = instances.instances(id)?.into_iter().next();
        let found = found.with_context(|| format!("instance {id} was deleted"))?;
        if found.status == "Stopped" && status != "Stopped" && !found.failure.is_empty() {
            bail!("instance {id} stopped: {}", found.failure);
        }
        if found.status == status || found.status == "Stopped" {
            return Ok(found);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(PAUSE_MAX);
    }
}
