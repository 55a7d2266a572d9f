//! Which user is in which group.

use ram::{AfterName, Arn, Caller, GroupName, Permit, Ram, RamError, UserName};
use serde_json::{Value, json};

use super::declared::{GROUP_NAME, MARKER, MAX_ITEMS, USER_NAME, page};
use super::{OnRam, RamAction, parsed, spec};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::Parameters;
use crate::services::Rooms;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<AddUserToGroup>>(),
        Row::of::<OnRam<RemoveUserFromGroup>>(),
        Row::of::<OnRam<ListUsersForGroup>>(),
        Row::of::<OnRam<ListGroupsForUser>>(),
    ]
}

/// A user and a group.
struct Pair {
    user: UserName,
    group: GroupName,
}

impl Pair {
    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (user, group) = (USER_NAME.read(parameters)?, GROUP_NAME.read(parameters)?);
        Ok(Self { user: parsed(&user)?, group: parsed(&group)? })
    }

    fn resources(&self, caller: &Caller) -> Vec<Arn> {
        vec![Arn::of_user(caller.account, &self.user), Arn::of_group(caller.account, &self.group)]
    }
}

/// `AddUserToGroup`.
struct AddUserToGroup(Pair);

impl RamAction for AddUserToGroup {
    const SPEC: &'static Spec =
        &spec("AddUserToGroup", "ram:AddUserToGroup", "user/<UserName>, group/<GroupName>", &[&USER_NAME, &GROUP_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Pair::parse(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(self.0.resources(caller))
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.add_user_to_group(permit, &self.0.user, &self.0.group).await?;
        Ok(Value::Null)
    }
}

/// `RemoveUserFromGroup`.
struct RemoveUserFromGroup(Pair);

impl RamAction for RemoveUserFromGroup {
    const SPEC: &'static Spec = &spec(
        "RemoveUserFromGroup",
        "ram:RemoveUserFromGroup",
        "user/<UserName>, group/<GroupName>",
        &[&USER_NAME, &GROUP_NAME],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Pair::parse(parameters).map(Self)
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(self.0.resources(caller))
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.remove_user_from_group(permit, &self.0.user, &self.0.group).await?;
        Ok(Value::Null)
    }
}

/// `ListUsersForGroup`.
struct ListUsersForGroup(GroupName, AfterName);

impl RamAction for ListUsersForGroup {
    const SPEC: &'static Spec =
        &spec("ListUsersForGroup", "ram:ListUsersForGroup", "group/<GroupName>", &[&GROUP_NAME, &MARKER, &MAX_ITEMS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&GROUP_NAME.read(parameters)?)?, page(parameters)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_group(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let listed = ram.list_users_for_group(permit, &self.0, &self.1).await?;
        Ok(super::page(
            "Users",
            "User",
            &listed,
            |user| json!({ "UserName": user.name, "DisplayName": user.display_name }),
        ))
    }
}

/// `ListGroupsForUser`.
struct ListGroupsForUser(UserName);

impl RamAction for ListGroupsForUser {
    const SPEC: &'static Spec = &spec("ListGroupsForUser", "ram:ListGroupsForUser", "user/<UserName>", &[&USER_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&USER_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_user(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let groups = ram.list_groups_for_user(permit, &self.0).await?;
        let short = groups.iter().map(|group| json!({"GroupName": group.name, "Comments": group.comments}));
        Ok(json!({ "Groups": { "Group": short.collect::<Vec<_>>() } }))
    }
}
