//! Who has which policy. Each action comes three times: for users, groups and roles.

use ram::{Arn, AttachedPolicyInfo, Caller, Permit, PolicyRef, Ram, RamError, Target};
use serde_json::{Value, json};

use super::declared::{GROUP_NAME, POLICY_NAME, POLICY_TYPE, ROLE_NAME, USER_NAME};
use super::policies::named;
use super::{OnRam, RamAction, parsed, spec, written};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::{Ignored, Parameters};
use crate::services::Rooms;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<AttachPolicyToUser>>(),
        Row::of::<OnRam<AttachPolicyToGroup>>(),
        Row::of::<OnRam<AttachPolicyToRole>>(),
        Row::of::<OnRam<DetachPolicyFromUser>>(),
        Row::of::<OnRam<DetachPolicyFromGroup>>(),
        Row::of::<OnRam<DetachPolicyFromRole>>(),
        Row::of::<OnRam<ListPoliciesForUser>>(),
        Row::of::<OnRam<ListPoliciesForGroup>>(),
        Row::of::<OnRam<ListPoliciesForRole>>(),
        Row::of::<OnRam<ListEntitiesForPolicy>>(),
    ]
}

/// An action on a policy and one kind of target, by the use case `$call`.
macro_rules! attachment_action {
    ($name:ident, $action:literal, $resource:literal, $parameter:ident => $target:ident, $call:ident) => {
        #[doc = concat!("`", stringify!($name), "`.")]
        struct $name(PolicyRef, Target);

        impl RamAction for $name {
            const SPEC: &'static Spec = &spec(
                stringify!($name),
                $action,
                concat!($resource, ", policy/<PolicyName>"),
                &[&POLICY_TYPE, &POLICY_NAME, &$parameter, &Ignored("ResourceGroupId")],
            );

            fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
                Ok(Self(named(parameters)?, Target::$target(parsed(&$parameter.read(parameters)?)?)))
            }

            fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
                Ok(vec![self.1.arn(caller.account), self.0.arn(caller.account)])
            }

            async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
                ram.$call(permit, &self.0, &self.1).await?;
                Ok(Value::Null)
            }
        }
    };
}

attachment_action!(AttachPolicyToUser, "ram:AttachPolicyToUser", "user/<UserName>", USER_NAME => User, attach_policy);
attachment_action!(AttachPolicyToGroup, "ram:AttachPolicyToGroup", "group/<GroupName>", GROUP_NAME => Group, attach_policy);
attachment_action!(AttachPolicyToRole, "ram:AttachPolicyToRole", "role/<RoleName>", ROLE_NAME => Role, attach_policy);
attachment_action!(DetachPolicyFromUser, "ram:DetachPolicyFromUser", "user/<UserName>", USER_NAME => User, detach_policy);
attachment_action!(DetachPolicyFromGroup, "ram:DetachPolicyFromGroup", "group/<GroupName>", GROUP_NAME => Group, detach_policy);
attachment_action!(DetachPolicyFromRole, "ram:DetachPolicyFromRole", "role/<RoleName>", ROLE_NAME => Role, detach_policy);

/// A list of what one kind of target has.
macro_rules! list_action {
    ($name:ident, $action:literal, $resource:literal, $parameter:ident => $target:ident) => {
        #[doc = concat!("`", stringify!($name), "`.")]
        struct $name(Target);

        impl RamAction for $name {
            const SPEC: &'static Spec = &spec(stringify!($name), $action, $resource, &[&$parameter]);

            fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
                Ok(Self(Target::$target(parsed(&$parameter.read(parameters)?)?)))
            }

            fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
                Ok(vec![self.0.arn(caller.account)])
            }

            async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
                Ok(attached(&ram.list_policies_for(permit, &self.0).await?))
            }
        }
    };
}

list_action!(ListPoliciesForUser, "ram:ListPoliciesForUser", "user/<UserName>", USER_NAME => User);
list_action!(ListPoliciesForGroup, "ram:ListPoliciesForGroup", "group/<GroupName>", GROUP_NAME => Group);
list_action!(ListPoliciesForRole, "ram:ListPoliciesForRole", "role/<RoleName>", ROLE_NAME => Role);

/// `ListEntitiesForPolicy`.
struct ListEntitiesForPolicy(PolicyRef);

impl RamAction for ListEntitiesForPolicy {
    const SPEC: &'static Spec = &spec(
        "ListEntitiesForPolicy",
        "ram:ListEntitiesForPolicy",
        "policy/<PolicyName>",
        &[&POLICY_NAME, &POLICY_TYPE],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        named(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![self.0.arn(caller.account)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let found = ram.list_entities_for_policy(permit, &self.0).await?;
        let users = found.users.iter().map(|user| {
            let (record, at) = (&user.record, written(user.attached_at));
            json!({"UserId": record.id, "UserName": record.name, "DisplayName": record.display_name, "AttachDate": at})
        });
        let groups = found.groups.iter().map(|group| {
            let (record, at) = (&group.record, written(group.attached_at));
            json!({"GroupId": record.id, "GroupName": record.name, "Comments": record.comments, "AttachDate": at})
        });
        let roles = found.roles.iter().map(|role| {
            let (record, at) = (&role.record, written(role.attached_at));
            let arn = super::roles::arn(record);
            json!({"RoleId": record.id, "RoleName": record.name, "Arn": arn, "Description": record.description, "AttachDate": at})
        });
        Ok(json!({
            "Users": { "User": users.collect::<Vec<_>>() },
            "Groups": { "Group": groups.collect::<Vec<_>>() },
            "Roles": { "Role": roles.collect::<Vec<_>>() },
        }))
    }
}

fn attached(policies: &[AttachedPolicyInfo]) -> Value {
    let policies = policies.iter().map(|attached| {
        json!({
            "PolicyName": attached.policy.name(),
            "PolicyType": attached.policy.policy_type().to_string(),
            "Description": attached.description,
            "DefaultVersion": attached.default_version.to_string(),
            "AttachDate": written(attached.attached_at),
        })
    });
    json!({ "Policies": { "Policy": policies.collect::<Vec<_>>() } })
}
