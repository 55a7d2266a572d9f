//! The network of an account in a region: one of each thing that clients want to name, built in and never changed. Guests have
//! the hypervisor's user-mode network, in which they see none of each other.

use catalog::Scope;
use crypto::digest::sha256;

/// What instances of a scope are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// `vpc-…`
    pub vpc_id: String,
    /// `vsw-…`
    pub v_switch_id: String,
    /// `sg-…`
    pub security_group_id: String,
    /// `vrt-…`
    pub v_router_id: String,
    /// The one zone of the region.
    pub zone_id: String,
}

/// Addresses of the network; those of the hypervisor's user-mode network are within.
pub const CIDR_BLOCK: &str = "10.0.0.0/16";

/// Addresses of the vSwitch: the hypervisor's user-mode network.
pub const V_SWITCH_CIDR_BLOCK: &str = "10.0.2.0/24";

/// The address that the hypervisor's user-mode network gives each guest.
pub const GUEST_ADDRESS: &str = "10.0.2.15";

/// Why an instance cannot be put where a call says. Beside each, the API's code.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// 404 `InvalidSecurityGroupId.NotFound`.
    #[error("there is no security group {0} in this region; DescribeSecurityGroups shows the one that is there")]
    SecurityGroup(String),
    /// 404 `InvalidVSwitchId.NotFound`.
    #[error("there is no vSwitch {0} in this region; DescribeVSwitches shows the one that is there")]
    VSwitch(String),
    /// 404 `InvalidZoneId.NotFound`.
    #[error("there is no zone {0} in this region; DescribeZones shows the one that is there")]
    Zone(String),
}

/// Where a call wants an instance; texts that are empty say nothing.
#[derive(Debug, Clone, Default)]
pub struct NetworkWanted {
    /// The zone.
    pub zone_id: String,
    /// The vSwitch.
    pub v_switch_id: String,
    /// The security group.
    pub security_group_id: String,
}

impl NetworkWanted {
    /// Whether this is the one network of the scope.
    ///
    /// Errors: which part is not there.
    pub fn check(&self, scope: &Scope) -> Result<(), NetworkError> {
        let network = Network::of(scope);
        let other = |wanted: &String, there: &str| (!wanted.is_empty() && wanted != there).then(|| wanted.clone());
        if let Some(zone) = other(&self.zone_id, &network.zone_id) {
            return Err(NetworkError::Zone(zone));
        }
        if let Some(v_switch) = other(&self.v_switch_id, &network.v_switch_id) {
            return Err(NetworkError::VSwitch(v_switch));
        }
        match other(&self.security_group_id, &network.security_group_id) {
            Some(group) => Err(NetworkError::SecurityGroup(group)),
            None => Ok(()),
        }
    }
}

impl Network {
    /// The network of an account in a region. Its ids follow from the scope, so that they are the same whenever they are asked for.
    #[must_use]
    pub fn of(scope: &Scope) -> Self {
        let digest = sha256(format!("network of {} in {}", scope.account, scope.region).as_bytes());
        let tail: String = digest.iter().take(20).map(|byte| char::from(LETTERS[usize::from(*byte % 32)])).collect();
        Self {
            vpc_id: format!("vpc-{tail}"),
            v_switch_id: format!("vsw-{tail}"),
            security_group_id: format!("sg-{tail}"),
            v_router_id: format!("vrt-{tail}"),
            zone_id: format!("{}-a", scope.region),
        }
    }
}

const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that ids have the form of the API, stay the same, and differ between regions and accounts.
    #[test]
    fn a_scope_has_its_own_network() {
        let home = Scope::default();
        let network = Network::of(&home);
        assert_eq!(network, Network::of(&home));
        assert!(network.vpc_id.len() == 24 && network.vpc_id.starts_with("vpc-"));
        assert_eq!(network.zone_id, "cn-hangzhou-a");
        for other in [
            Scope { region: "cn-shanghai".parse().unwrap(), ..Scope::default() },
            Scope { account: "1000000000000002".parse().unwrap(), ..Scope::default() },
        ] {
            assert_ne!(Network::of(&other).vpc_id, network.vpc_id);
        }
    }
}
