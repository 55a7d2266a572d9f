//! VPCs and vSwitches, under the versions of ECS and of VPC.

use std::marker::PhantomData;

use ::ecs::{CIDR_BLOCK, Network, V_SWITCH_CIDR_BLOCK};
use serde_json::{Value, json};

use super::{ID, Listed, PAGE_NUMBER, PAGE_SIZE, REGION_ID, VPC_ID, named, needed, scope, spec};
use crate::action::{Action, Call, Spec};
use crate::errors::Refusal;
use crate::parameters::{Declares, Flag, Ignored, Name, Optional, Parameters};
use crate::product::Product;
use crate::services::{Need, Services};

const V_SWITCH_ID: Optional<Name> = Optional::new("VSwitchId", ID);
const ZONE_ID: Optional<Name> = Optional::new("ZoneId", ID);
const IS_DEFAULT: Optional<Flag> = Optional::new("IsDefault", Flag);

/// The product that a call is of.
pub(crate) trait Home: Send + 'static {
    const VPCS: &'static Spec;
    const V_SWITCHES: &'static Spec;
}

pub(crate) struct InEcs;
pub(crate) struct InVpc;

const VPC_PARAMETERS: &[&dyn Declares] = &[
    &REGION_ID,
    &VPC_ID,
    &IS_DEFAULT,
    &PAGE_NUMBER,
    &PAGE_SIZE,
    &Ignored("VpcName"),
    &Ignored("DryRun"),
    &Ignored("ResourceGroupId"),
];
const V_SWITCH_PARAMETERS: &[&dyn Declares] = &[
    &REGION_ID,
    &VPC_ID,
    &V_SWITCH_ID,
    &ZONE_ID,
    &IS_DEFAULT,
    &PAGE_NUMBER,
    &PAGE_SIZE,
    &Ignored("VSwitchName"),
    &Ignored("DryRun"),
    &Ignored("ResourceGroupId"),
];

impl Home for InEcs {
    const VPCS: &'static Spec = &spec(Product::Ecs, "DescribeVpcs", "ecs:DescribeVpcs", "vpc/*", VPC_PARAMETERS);
    const V_SWITCHES: &'static Spec =
        &spec(Product::Ecs, "DescribeVSwitches", "ecs:DescribeVSwitches", "vswitch/*", V_SWITCH_PARAMETERS);
}

impl Home for InVpc {
    const VPCS: &'static Spec = &spec(Product::Vpc, "DescribeVpcs", "vpc:DescribeVpcs", "vpc/*", VPC_PARAMETERS);
    const V_SWITCHES: &'static Spec =
        &spec(Product::Vpc, "DescribeVSwitches", "vpc:DescribeVSwitches", "vswitch/*", V_SWITCH_PARAMETERS);
}

/// `DescribeVpcs`. Source: the answers that the vendor's SDKs read.
pub(crate) struct DescribeVpcs<H> {
    listed: Listed,
    vpc_id: Option<String>,
    is_default: Option<bool>,
    home: PhantomData<fn() -> H>,
}

impl<S: Services, H: Home> Action<S> for DescribeVpcs<H> {
    const SPEC: &'static Spec = H::VPCS;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            listed: Listed::read(parameters)?,
            vpc_id: VPC_ID.read(parameters)?,
            is_default: IS_DEFAULT.read(parameters)?,
            home: PhantomData,
        })
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(needed(call, &self.listed.region, "vpc/*"))
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let scope = scope(call, &self.listed.region)?;
        let network = Network::of(&scope);
        let is_wanted = named(self.vpc_id.as_deref(), &network.vpc_id) && self.is_default != Some(false);
        let vpc = json!({
            "VpcId": network.vpc_id,
            "RegionId": scope.region.as_str(),
            "Status": "Available",
            "VpcName": "built-in",
            "Description": "",
            "CidrBlock": CIDR_BLOCK,
            "IsDefault": true,
            "VRouterId": network.v_router_id,
            "VSwitchIds": { "VSwitchId": [network.v_switch_id] },
            "UserCidrs": { "UserCidr": [] },
            "ResourceGroupId": "",
        });
        Ok(self.listed.answer("Vpcs", "Vpc", vpc, is_wanted))
    }
}

/// `DescribeVSwitches`. Source: the answers that the vendor's SDKs read.
pub(crate) struct DescribeVSwitches<H> {
    listed: Listed,
    vpc_id: Option<String>,
    v_switch_id: Option<String>,
    zone_id: Option<String>,
    is_default: Option<bool>,
    home: PhantomData<fn() -> H>,
}

impl<S: Services, H: Home> Action<S> for DescribeVSwitches<H> {
    const SPEC: &'static Spec = H::V_SWITCHES;

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self {
            listed: Listed::read(parameters)?,
            vpc_id: VPC_ID.read(parameters)?,
            v_switch_id: V_SWITCH_ID.read(parameters)?,
            zone_id: ZONE_ID.read(parameters)?,
            is_default: IS_DEFAULT.read(parameters)?,
            home: PhantomData,
        })
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(needed(call, &self.listed.region, "vswitch/*"))
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let network = Network::of(&scope(call, &self.listed.region)?);
        let is_wanted = named(self.vpc_id.as_deref(), &network.vpc_id)
            && named(self.v_switch_id.as_deref(), &network.v_switch_id)
            && named(self.zone_id.as_deref(), &network.zone_id)
            && self.is_default != Some(false);
        let v_switch = json!({
            "VSwitchId": network.v_switch_id,
            "VpcId": network.vpc_id,
            "Status": "Available",
            "VSwitchName": "built-in",
            "Description": "",
            "CidrBlock": V_SWITCH_CIDR_BLOCK,
            "ZoneId": network.zone_id,
            "AvailableIpAddressCount": 250,
            "IsDefault": true,
            "ResourceGroupId": "",
        });
        Ok(self.listed.answer("VSwitches", "VSwitch", v_switch, is_wanted))
    }
}
