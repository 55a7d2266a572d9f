//! `DescribeInstanceTypes`: the table of the configuration.

use ::ecs::{Ecs, EcsError, InstanceType, InstanceTypeFilter};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use crate::action::Spec;
use crate::ecs::action::{EcsCall, need, row};
use crate::errors::Refusal;
use crate::parameters::{Ignored, List, Name, Optional, Parameters};
use crate::services::Need;

const TYPE: Name = Name { length: (1, 64), also: "-." };
const INSTANCE_TYPES: List<Name> = List { name: "InstanceTypes", item: TYPE, items_max: 100 };
const FAMILY: Optional<Name> = Optional::new("InstanceTypeFamily", TYPE);

pub(crate) struct DescribeInstanceTypes(InstanceTypeFilter);

impl EcsCall for DescribeInstanceTypes {
    const SPEC: &'static Spec = &row(
        "DescribeInstanceTypes",
        "ecs:DescribeInstanceTypes",
        "*",
        &[&INSTANCE_TYPES, &FAMILY, &Ignored("GenerationLevel"), &Ignored("MaxResults"), &Ignored("NextToken")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let names = INSTANCE_TYPES.read(parameters)?;
        Ok(Self(InstanceTypeFilter { names, family: FAMILY.read(parameters)?.unwrap_or_default() }))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let types = ecs.describe_instance_types(&self.0, permit, scope)?;
        let types: Vec<Value> = types.iter().map(shown).collect();
        Ok(json!({ "InstanceTypes": { "InstanceType": types }, "NextToken": "" }))
    }
}

fn shown(found: &InstanceType) -> Value {
    json!({
        "InstanceTypeId": found.name,
        "InstanceTypeFamily": found.family(),
        "CpuCoreCount": found.cpu,
        "CpuArchitecture": "X86",
        "MemorySize": f64::from(found.memory_mib) / 1024.0,
        "InstanceFamilyLevel": "EnterpriseLevel",
        "GPUAmount": 0,
        "GPUSpec": "",
        "EniQuantity": 1,
        "NvmeSupport": "unsupported",
    })
}
