//! The built-in network, to whoever asks before starting an instance. VPCs and vSwitches were calls of ECS before they had a product of
//! their own, so they are answered under both versions; security groups are ECS's.

mod security_groups;
mod vpcs;

use kms::Scope;
use serde_json::{Value, json};

use self::security_groups::{DescribeSecurityGroupAttribute, DescribeSecurityGroups};
use self::vpcs::{DescribeVSwitches, DescribeVpcs, InEcs, InVpc};
use crate::action::{Call, Permission, Row, Spec};
use crate::errors::{self, Refusal};
use crate::parameters::{Declares, Integer, Name, Optional, Parameters, Required};
use crate::product::Product;
use crate::services::{Need, Services};

const REGION_ID: Required<Name> = Required::new("RegionId", Name { length: (1, 64), also: "-" });
/// An id, or several with commas between.
const ID: Name = Name { length: (1, 1024), also: "-," };
const VPC_ID: Optional<Name> = Optional::new("VpcId", ID);
const PAGE_NUMBER: Optional<Integer> = Optional::new("PageNumber", Integer { min: 1, max: 1 << 31 });
const PAGE_SIZE: Optional<Integer> = Optional::new("PageSize", Integer { min: 1, max: 100 });

/// All calls on networks.
pub(crate) fn rows<S: Services>() -> Vec<Row<S>> {
    vec![
        Row::of::<DescribeVpcs<InEcs>>(),
        Row::of::<DescribeVSwitches<InEcs>>(),
        Row::of::<DescribeSecurityGroups>(),
        Row::of::<DescribeSecurityGroupAttribute>(),
        Row::of::<DescribeVpcs<InVpc>>(),
        Row::of::<DescribeVSwitches<InVpc>>(),
    ]
}

const fn spec(
    product: Product,
    name: &'static str,
    action: &'static str,
    resource: &'static str,
    parameters: &'static [&'static dyn Declares],
) -> Spec {
    Spec { product, name, parameters, permission: Permission::On { action, resource } }
}

/// What is asked for of a list that has one entry at most.
struct Listed {
    region: String,
    number: u64,
    size: u64,
}

impl Listed {
    fn read(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            region: REGION_ID.read(parameters)?,
            number: PAGE_NUMBER.read(parameters)?.unwrap_or(1),
            size: PAGE_SIZE.read(parameters)?.unwrap_or(10),
        })
    }

    /// `{"<list>":{"<item>":[…]}}` with its counts; the entry if it `is_wanted`, on the first page.
    fn answer(&self, list: &str, item: &str, entry: Value, is_wanted: bool) -> Value {
        let entries = if is_wanted && self.number == 1 { vec![entry] } else { Vec::new() };
        json!({
            list: { item: entries },
            "TotalCount": u8::from(is_wanted),
            "PageNumber": self.number,
            "PageSize": self.size,
        })
    }
}

/// Whether a comma list names this id; no list names all.
fn named(ids: Option<&str>, id: &str) -> bool {
    ids.is_none_or(|ids| ids.split(',').any(|one| one == id))
}

/// The right of a call in the region that it names, whatever region it was sent to.
fn needed<C>(call: &Call<C>, region: &str, relative_id: &str) -> Vec<Need> {
    let Permission::On { action, .. } = call.spec.permission else { return Vec::new() };
    let (service, account) = (call.spec.product.name(), &call.identity.account_id);
    let resource = format!("acs:{service}:{region}:{account}:{relative_id}");
    vec![Need { action, resource, key: None, conditions: Vec::new() }]
}

/// Account of the caller, and the region that the call names.
///
/// Errors: `InvalidRegionId.NotFound`.
fn scope<C>(call: &Call<C>, region: &str) -> Result<Scope, Refusal> {
    let unknown = || Refusal::new(&errors::INVALID_REGION, &[region]);
    let known = Some(region).filter(|region| call.regions.contains(region)).ok_or_else(unknown)?;
    let account = call.identity.account_id.parse().map_err(|_| Refusal::new(&errors::INTERNAL_ERROR, &[]))?;
    Ok(Scope { account, region: known.parse().map_err(|_| unknown())? })
}
