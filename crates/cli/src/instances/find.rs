//! Which instance a user means.

use anyhow::{Result, bail};

use super::{InstanceView, Instances};

/// The instance of this id, else the one of this name.
///
/// Errors: there is none, or there are several of this name.
pub(crate) fn find(instances: &dyn Instances, named: &str) -> Result<InstanceView> {
    if is_id(named)
        && let Some(found) = instances.instances(named)?.into_iter().next()
    {
        return Ok(found);
    }
    let mut of_name: Vec<_> = instances.instances("")?.into_iter().filter(|found| found.name == named).collect();
    match (of_name.pop(), of_name.is_empty()) {
        (Some(found), true) => Ok(found),
        (Some(last), false) => {
            let ids: Vec<_> = of_name.iter().chain([&last]).map(|found| found.instance_id.as_str()).collect();
            bail!("several instances are named {named}; say which by its id: {}", ids.join(", "))
        }
        (None, _) => bail!(
            "there is no instance {named} in region {}; `reseal instance list` shows those that are there",
            instances.region()
        ),
    }
}

fn is_id(text: &str) -> bool {
    text.starts_with("i-") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
