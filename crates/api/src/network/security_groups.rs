//! Security groups: one, without rules.

use ::ecs::Network;
use serde_json::{Value, json};

use super::{ID, Listed, PAGE_NUMBER, PAGE_SIZE, REGION_ID, VPC_ID, named, needed, scope, spec};
use crate::action::{Action, Call, Spec};
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, JsonStrings, Name, Optional, Parameters, Required};
use crate::product::Product;
use crate::services::{Need, Services};

const GROUP_ID: Optional<Name> = Optional::new("SecurityGroupId", ID);
const THE_GROUP_ID: Required<Name> = Required::new("SecurityGroupId", ID);
const GROUP_IDS: Optional<JsonStrings> = Optional::new("SecurityGroupIds", JsonStrings { items_max: 100 });

/// `DescribeSecurityGroups`. Source: the answers that the vendor's SDKs read.
pub(crate) struct DescribeSecurityGroups {
    listed: Listed,
    vpc_id: Option<String>,
    ids: Option<String>,
}

impl<S: Services> Action<S> for DescribeSecurityGroups {
    const SPEC: &'static Spec = &spec(
        Product::Ecs,
        "DescribeSecurityGroups",
        "ecs:DescribeSecurityGroups",
        "securitygroup/*",
        &[
            &REGION_ID,
            &VPC_ID,
            &GROUP_ID,
            &GROUP_IDS,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &Ignored("NetworkType"),
            &Ignored("SecurityGroupName"),
            &Ignored("ResourceGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let listed = GROUP_IDS.read(parameters)?.map(|ids| ids.join(",")).filter(|ids| !ids.is_empty());
        let ids = GROUP_ID.read(parameters)?.or(listed);
        Ok(Self { listed: Listed::read(parameters)?, vpc_id: VPC_ID.read(parameters)?, ids })
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(needed(call, &self.listed.region, "securitygroup/*"))
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let scope = scope(call, &self.listed.region)?;
        let network = Network::of(&scope);
        let is_wanted =
            named(self.vpc_id.as_deref(), &network.vpc_id) && named(self.ids.as_deref(), &network.security_group_id);
        let group = json!({
            "SecurityGroupId": network.security_group_id,
            "SecurityGroupName": "built-in",
            "Description": "",
            "VpcId": network.vpc_id,
            "SecurityGroupType": "normal",
            "ServiceManaged": false,
            "ResourceGroupId": "",
            "Tags": { "Tag": [] },
        });
        let mut answer = self.listed.answer("SecurityGroups", "SecurityGroup", group, is_wanted);
        answer["RegionId"] = scope.region.as_str().into();
        Ok(answer)
    }
}

/// `DescribeSecurityGroupAttribute`: no rules, because nothing but what the operator forwards leads into a guest.
pub(crate) struct DescribeSecurityGroupAttribute {
    region: String,
    id: String,
}

impl<S: Services> Action<S> for DescribeSecurityGroupAttribute {
    const SPEC: &'static Spec = &spec(
        Product::Ecs,
        "DescribeSecurityGroupAttribute",
        "ecs:DescribeSecurityGroupAttribute",
        "securitygroup/<id>",
        &[&REGION_ID, &THE_GROUP_ID, &Ignored("Direction"), &Ignored("NicType")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { region: REGION_ID.read(parameters)?, id: THE_GROUP_ID.read(parameters)? })
    }

    async fn needs(&self, _: &S, call: &Call<S::Caller>) -> Result<Vec<Need>, Refusal> {
        Ok(needed(call, &self.region, &format!("securitygroup/{}", self.id)))
    }

    async fn run(self, _: &S, call: &Call<S::Caller>, _: &S::Permit) -> Result<Value, Refusal> {
        let scope = scope(call, &self.region)?;
        let network = Network::of(&scope);
        if self.id != network.security_group_id {
            return Err(Refusal::new(&errors::ECS_NO_SECURITY_GROUP, &[&self.id]));
        }
        Ok(json!({
            "SecurityGroupId": network.security_group_id,
            "SecurityGroupName": "built-in",
            "Description": "",
            "VpcId": network.vpc_id,
            "RegionId": scope.region.as_str(),
            "InnerAccessPolicy": "Drop",
            "Permissions": { "Permission": [] },
        }))
    }
}
