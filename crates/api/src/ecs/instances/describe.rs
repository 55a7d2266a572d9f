//! `DescribeInstances` and `DescribeInstanceStatus`.

use ::ecs::{Ecs, EcsError, InstanceFilter, Network};
use catalog::Tag;
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::shown::instance;
use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::ecs::paging::{MAX_RESULTS, NEXT_TOKEN, Paging};
use crate::ecs::parameters::{JsonIdentifiers, PAGE_NUMBER, PAGE_SIZE, REGION_ID, TAG, tags};
use crate::errors::{self, Refusal};
use crate::parameters::{Ignored, List, Name, OneOf, Optional, Parameters, Text};
use crate::services::Need;

const ID: Name = Name { length: (1, 64), also: "-" };
const INSTANCE_IDS: Optional<JsonIdentifiers> =
    Optional::new("InstanceIds", JsonIdentifiers).or(&errors::ECS_INSTANCE_IDS);
const IMAGE_ID: Optional<Name> = Optional::new("ImageId", ID);
const INSTANCE_NAME: Optional<Text> = Optional::new("InstanceName", Text { length: (1, 129) });
const INSTANCE_TYPE: Optional<Name> = Optional::new("InstanceType", Name { length: (1, 64), also: "-." });
const STATUS: Optional<OneOf> =
    Optional::new("Status", OneOf(&["Pending", "Running", "Starting", "Stopping", "Stopped"]));
const VPC_ID: Optional<Name> = Optional::new("VpcId", ID);
const V_SWITCH_ID: Optional<Name> = Optional::new("VSwitchId", ID);
const SECURITY_GROUP_ID: Optional<Name> = Optional::new("SecurityGroupId", ID);
const ZONE_ID: Optional<Name> = Optional::new("ZoneId", ID);
const INSTANCE_ID: List<Name> = List { name: "InstanceId", item: ID, items_max: 100 };

pub(crate) struct DescribeInstances {
    filter: InstanceFilter,
    /// Parts of a network; all instances of a scope are in one.
    places: [Option<String>; 4],
    tags: Vec<Tag>,
    paging: Paging,
}

impl EcsCall for DescribeInstances {
    const SPEC: &'static Spec = &row(
        "DescribeInstances",
        "ecs:DescribeInstances",
        "instance/*",
        &[
            &REGION_ID,
            &INSTANCE_IDS,
            &IMAGE_ID,
            &INSTANCE_NAME,
            &INSTANCE_TYPE,
            &STATUS,
            &VPC_ID,
            &V_SWITCH_ID,
            &SECURITY_GROUP_ID,
            &ZONE_ID,
            &TAG,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &MAX_RESULTS,
            &NEXT_TOKEN,
            &Ignored("InstanceChargeType"),
            &Ignored("InstanceNetworkType"),
            &Ignored("KeyPairName"),
            &Ignored("LockReason"),
            &Ignored("ResourceGroupId"),
            &Ignored("DryRun"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let filter = InstanceFilter {
            ids: INSTANCE_IDS.read(parameters)?.unwrap_or_default(),
            image_id: IMAGE_ID.read(parameters)?.unwrap_or_default(),
            status: STATUS.read(parameters)?.unwrap_or_default().to_owned(),
            name: INSTANCE_NAME.read(parameters)?.unwrap_or_default(),
            instance_type: INSTANCE_TYPE.read(parameters)?.unwrap_or_default(),
            key_id: String::new(),
        };
        let places = [
            VPC_ID.read(parameters)?,
            V_SWITCH_ID.read(parameters)?,
            SECURITY_GROUP_ID.read(parameters)?,
            ZONE_ID.read(parameters)?,
        ];
        Ok(Self { filter, places, tags: tags(parameters)?, paging: Paging::read(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "instance/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let network = Network::of(scope);
        let there = [&network.vpc_id, &network.v_switch_id, &network.security_group_id, &network.zone_id];
        let is_elsewhere =
            self.places.iter().zip(there).any(|(wanted, there)| wanted.as_ref().is_some_and(|id| id != there));
        let found = ecs.describe_instances(&self.filter, &self.tags, self.paging.request, permit, scope).await?;
        if is_elsewhere {
            return Ok(self.paging.answer("Instances", "Instance", Vec::new(), 0));
        }
        let instances = found.items.iter().map(|described| instance(described, &network)).collect();
        Ok(self.paging.answer("Instances", "Instance", instances, found.total_count))
    }
}

pub(crate) struct DescribeInstanceStatus {
    filter: InstanceFilter,
    paging: Paging,
}

impl EcsCall for DescribeInstanceStatus {
    const SPEC: &'static Spec = &row(
        "DescribeInstanceStatus",
        "ecs:DescribeInstanceStatus",
        "instance/*",
        &[&REGION_ID, &INSTANCE_ID, &PAGE_NUMBER, &PAGE_SIZE, &Ignored("ZoneId"), &Ignored("ClusterId")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let filter = InstanceFilter { ids: INSTANCE_ID.read(parameters)?.join(","), ..InstanceFilter::default() };
        Ok(Self { filter, paging: Paging::by_number(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "instance/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.instance_statuses(&self.filter, self.paging.request, permit, scope).await?;
        let shown = |(id, status): &(String, String)| json!({ "InstanceId": id, "Status": status });
        let statuses = found.items.iter().map(shown).collect();
        Ok(self.paging.answer("InstanceStatuses", "InstanceStatus", statuses, found.total_count))
    }
}
