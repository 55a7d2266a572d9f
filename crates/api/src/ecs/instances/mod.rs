//! Instances on the wire. Source: ecs-images.md 9.

mod console;
mod describe;
mod make;
mod modify;
mod new;
mod power;
mod shown;
mod types;

use std::sync::Arc;

use ::ecs::{Ecs, EcsError, KeyNeed};
use kms::{KeyFacts, Scope, key_arn};

use super::Images;
use super::action::{OnEcs, need};
use crate::action::{Row, Spec};
use crate::parameters::{Name, Required};
use crate::services::Need;

/// All calls on instances.
pub(super) fn rows<S: Images>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnEcs<make::RunInstances>>(),
        Row::of::<OnEcs<make::CreateInstance>>(),
        Row::of::<OnEcs<power::StartInstance>>(),
        Row::of::<OnEcs<power::StopInstance>>(),
        Row::of::<OnEcs<power::RebootInstance>>(),
        Row::of::<OnEcs<power::DeleteInstance>>(),
        Row::of::<OnEcs<modify::ModifyInstanceAttribute>>(),
        Row::of::<OnEcs<describe::DescribeInstances>>(),
        Row::of::<OnEcs<describe::DescribeInstanceStatus>>(),
        Row::of::<OnEcs<types::DescribeInstanceTypes>>(),
        Row::of::<OnEcs<console::GetInstanceConsoleOutput>>(),
    ]
}

const INSTANCE_ID: Required<Name> = Required::new("InstanceId", Name { length: (1, 64), also: "-" });

/// The right of a call on an instance, wherever in the account it is: some calls name no region.
async fn instance_need(spec: &'static Spec, id: &str, ecs: &Ecs, scope: &Scope) -> Result<Need, EcsError> {
    Ok(need(spec, &ecs.scope_of_instance(id, scope).await?, &format!("instance/{id}")))
}

/// The right of the caller on a key that is used for it.
pub(super) fn key_need(needed: KeyNeed) -> Need {
    let KeyNeed { action, facts }: KeyNeed = needed;
    let resource = key_arn(&facts.key);
    let key: Option<Arc<KeyFacts>> = Some(facts);
    Need { action: action.as_str(), resource, key, conditions: Vec::new() }
}
