//! `ModifyImageSharePermission` and `DescribeImageSharePermission`. Source: ecs-images.md 5.

use ::ecs::{Ecs, EcsError, PageRequest, ShareImage};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::{DRY_RUN, IMAGE_ID, PAGE_NUMBER, PAGE_SIZE, REGION_ID, page, written};
use crate::action::Spec;
use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Ignored, List, Optional, Parameters, Text};
use crate::services::Need;

/// Accounts of a call. Source: ecs-images.md 5.
const ACCOUNTS_MAX: usize = 10;
const ACCOUNT: Text = Text { length: (1, 64) };
const ADD_ACCOUNT: List<Text> = List { name: "AddAccount", item: ACCOUNT, items_max: ACCOUNTS_MAX };
const REMOVE_ACCOUNT: List<Text> = List { name: "RemoveAccount", item: ACCOUNT, items_max: ACCOUNTS_MAX };
/// `true` would give the image to everybody, which is not offered.
const IS_PUBLIC: Optional<Flag> = Optional::new("IsPublic", Flag);

pub(crate) struct ModifyImageSharePermission(ShareImage);

impl EcsCall for ModifyImageSharePermission {
    const SPEC: &'static Spec = &row(
        "ModifyImageSharePermission",
        "ecs:ModifyImageSharePermission",
        "image/<id>",
        &[&REGION_ID, &IMAGE_ID, &ADD_ACCOUNT, &REMOVE_ACCOUNT, &IS_PUBLIC, &DRY_RUN, &Ignored("LaunchPermission")],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        if IS_PUBLIC.read(parameters)? == Some(true) {
            return Err(Refusal::new(&errors::ECS_NOT_SUPPORTED, &["IsPublic"]));
        }
        Ok(Self(ShareImage {
            image_id: IMAGE_ID.read(parameters)?,
            add: ADD_ACCOUNT.read(parameters)?,
            remove: REMOVE_ACCOUNT.read(parameters)?,
        }))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("image/{}", self.0.image_id))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.share_image(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct DescribeImageSharePermission {
    image_id: String,
    page: PageRequest,
    number: u32,
    size: u32,
}

impl EcsCall for DescribeImageSharePermission {
    const SPEC: &'static Spec = &row(
        "DescribeImageSharePermission",
        "ecs:DescribeImageSharePermission",
        "image/<id>",
        &[&REGION_ID, &IMAGE_ID, &PAGE_NUMBER, &PAGE_SIZE],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (page, number, size) = page(parameters)?;
        Ok(Self { image_id: IMAGE_ID.read(parameters)?, page, number, size })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("image/{}", self.image_id))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.image_shares(&self.image_id, self.page, permit, scope).await?;
        let accounts: Vec<Value> = (found.items.iter())
            .map(|share| json!({ "AliyunId": share.account.as_str(), "SharedTime": written(share.shared_at) }))
            .collect();
        Ok(json!({
            "ImageId": self.image_id,
            "RegionId": scope.region.as_str(),
            "Accounts": { "Account": accounts },
            "ShareGroups": { "ShareGroup": [] },
            "PageNumber": self.number,
            "PageSize": self.size,
            "TotalCount": found.total_count,
        }))
    }
}
