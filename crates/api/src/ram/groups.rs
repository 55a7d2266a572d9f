//! Groups.

use ram::{AfterName, Arn, Caller, GroupChange, GroupName, GroupRecord, NewGroup, Permit, Ram, RamError, ResourceKind};
use serde_json::{Value, json};

use super::declared::{COMMENTS, GROUP_NAME, MARKER, MAX_ITEMS, NEW_COMMENTS, NEW_GROUP_NAME, page};
use super::{OnRam, RamAction, parsed, parsed_if_given, spec, written};
use crate::action::{Row, Spec};
use crate::errors::Refusal;
use crate::parameters::Parameters;
use crate::services::Rooms;

pub(super) fn rows<S: Rooms>() -> Vec<Row<S>> {
    vec![
        Row::of::<OnRam<CreateGroup>>(),
        Row::of::<OnRam<GetGroup>>(),
        Row::of::<OnRam<ListGroups>>(),
        Row::of::<OnRam<UpdateGroup>>(),
        Row::of::<OnRam<DeleteGroup>>(),
    ]
}

/// `CreateGroup`.
struct CreateGroup(NewGroup);

impl RamAction for CreateGroup {
    const SPEC: &'static Spec = &spec("CreateGroup", "ram:CreateGroup", "group/*", &[&GROUP_NAME, &COMMENTS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let name = parsed(&GROUP_NAME.read(parameters)?)?;
        Ok(Self(NewGroup { name, comments: COMMENTS.read(parameters)?.unwrap_or_default() }))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::Group)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Group": group(&ram.create_group(permit, &self.0).await?) }))
    }
}

/// `GetGroup`.
struct GetGroup(GroupName);

impl RamAction for GetGroup {
    const SPEC: &'static Spec = &spec("GetGroup", "ram:GetGroup", "group/<GroupName>", &[&GROUP_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&GROUP_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_group(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Group": group(&ram.group(permit, &self.0).await?) }))
    }
}

/// `ListGroups`.
struct ListGroups(AfterName);

impl RamAction for ListGroups {
    const SPEC: &'static Spec = &spec("ListGroups", "ram:ListGroups", "group/*", &[&MARKER, &MAX_ITEMS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(page(parameters)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_any(caller.account, ResourceKind::Group)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        let listed = ram.list_groups(permit, &self.0).await?;
        Ok(super::page("Groups", "Group", &listed, group))
    }
}

/// `UpdateGroup`.
struct UpdateGroup(GroupName, GroupChange);

impl RamAction for UpdateGroup {
    const SPEC: &'static Spec =
        &spec("UpdateGroup", "ram:UpdateGroup", "group/<GroupName>", &[&GROUP_NAME, &NEW_GROUP_NAME, &NEW_COMMENTS]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let name = parsed_if_given(NEW_GROUP_NAME.read(parameters)?.as_ref())?;
        let to = GroupChange { name, comments: NEW_COMMENTS.read(parameters)? };
        Ok(Self(parsed(&GROUP_NAME.read(parameters)?)?, to))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_group(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        Ok(json!({ "Group": group(&ram.update_group(permit, &self.0, self.1).await?) }))
    }
}

/// `DeleteGroup`.
struct DeleteGroup(GroupName);

impl RamAction for DeleteGroup {
    const SPEC: &'static Spec = &spec("DeleteGroup", "ram:DeleteGroup", "group/<GroupName>", &[&GROUP_NAME]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(parsed(&GROUP_NAME.read(parameters)?)?))
    }

    fn resources(&self, caller: &Caller) -> Result<Vec<Arn>, RamError> {
        Ok(vec![Arn::of_group(caller.account, &self.0)])
    }

    async fn run(self, ram: &Ram, permit: &Permit) -> Result<Value, RamError> {
        ram.delete_group(permit, &self.0).await?;
        Ok(Value::Null)
    }
}

fn group(group: &GroupRecord) -> Value {
    json!({
        "GroupId": group.id,
        "GroupName": group.name,
        "Comments": group.comments,
        "CreateDate": written(group.created_at),
        "UpdateDate": written(group.updated_at),
    })
}
