//! Lists of policies: of one type, or those of the system before the account's own.

use catalog::{AfterName, Listed, PolicyType};

use super::change::{owner, require};
use super::error::Result;
use super::policies::{PolicyInfo, info_of_custom, info_of_system};
use super::ram::Ram;
use crate::evaluation::Permit;
use crate::identity::{Arn, ResourceKind};
use crate::policy::Action;
use crate::system::{SYSTEM_POLICIES, SystemPolicy};

const LIST_POLICIES: Action = Action::new("ram:ListPolicies");

/// Begins a marker behind which custom policies follow. `/` is in no name.
const CUSTOM_MARK: &str = "Custom/";

impl Ram {
    /// Policies by type and name. `marker`: empty, or that of the last answer. `max`: 1 to 1,000. Asks for `policy/*`.
    ///
    /// Source: ram.md 2, ListPolicies.
    pub async fn list_policies(
        &self,
        permit: &Permit,
        policy_type: Option<PolicyType>,
        marker: &str,
        max: u32,
    ) -> Result<Listed<PolicyInfo>> {
        require(permit, LIST_POLICIES, &Arn::of_any(permit.account(), ResourceKind::Policy))?;
        let custom_marker = marker.strip_prefix(CUSTOM_MARK);
        let mut listed = Listed { items: Vec::new(), marker: None };
        if policy_type != Some(PolicyType::Custom) && custom_marker.is_none() {
            listed = self.system_policies(permit, marker, max).await?;
        }
        let left = max - (listed.items.len() as u32).min(max);
        if policy_type == Some(PolicyType::System) || listed.marker.is_some() {
            return Ok(listed);
        }
        let custom = self.custom_policies(permit, custom_marker.unwrap_or_default(), left).await?;
        listed.items.extend(custom.items);
        listed.marker = custom.marker.map(|name| format!("{CUSTOM_MARK}{name}"));
        Ok(listed)
    }

    async fn system_policies(&self, permit: &Permit, marker: &str, max: u32) -> Result<Listed<PolicyInfo>> {
        let mut behind: Vec<&'static SystemPolicy> =
            SYSTEM_POLICIES.iter().filter(|policy| policy.name > marker).collect();
        behind.sort_unstable_by_key(|policy| policy.name);
        let is_truncated = behind.len() > max as usize;
        behind.truncate(max as usize);
        let mut items = Vec::new();
        for policy in &behind {
            items.push(info_of_system(&mut self.catalog.read(), policy, permit.account()).await?);
        }
        let marker = behind.last().filter(|_| is_truncated).map(|policy| policy.name.to_owned());
        Ok(Listed { items, marker })
    }

    /// With nothing left on the page, the marker says whether there is more.
    async fn custom_policies(&self, permit: &Permit, marker: &str, left: u32) -> Result<Listed<PolicyInfo>> {
        let after = AfterName::new(marker, left.max(1)).unwrap_or_else(AfterName::start);
        let found = self.catalog.read().policies_list(&owner(permit.account()), &after).await?;
        if left == 0 {
            let marker = found.items.first().map(|_| String::new());
            return Ok(Listed { items: Vec::new(), marker });
        }
        let mut items = Vec::new();
        for record in found.items {
            items.push(info_of_custom(&mut self.catalog.read(), record).await?);
        }
        Ok(Listed { items, marker: found.marker })
    }
}
