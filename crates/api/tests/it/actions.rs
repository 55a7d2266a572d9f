//! A table for tests, with rows that show what an action can do. The real table has its tests in `answers`.

use api::errors::{self, Refusal};
use api::parameters::{Flag, Integer, Name, Optional, Parameters, Required, Text};
use api::services::Need;
use api::{Action, Call, Permission, Product, Row, Spec, Table};
use serde_json::{Value, json};

use crate::memory::Memory;

/// Rows that stand for what products will declare.
pub(crate) fn table() -> Table<Memory> {
    Table::of([
        Row::of::<Encrypt>(),
        Row::of::<ScheduleKeyDeletion>(),
        Row::of::<CreateKey>(),
        Row::of::<DescribeImages>(),
        Row::of::<CopyImage>(),
        Row::of::<DeleteImage>(),
        Row::of::<DeleteKey>(),
        Row::of::<RunInstances>(),
        Row::of::<EcsRegions>(),
        Row::of::<ListUsers>(),
        Row::of::<AssumeRole>(),
        Row::of::<GetCallerIdentity>(),
    ])
}

/// An action that reads nothing.
macro_rules! action {
    ($name:ident, $product:ident, $action:literal, $permission:expr, $services:ident, $call:ident => $answer:expr) => {
        struct $name;
        impl Action<Memory> for $name {
            const SPEC: &'static Spec =
                &Spec { product: Product::$product, name: $action, parameters: &[], permission: $permission };

            fn parse(_: &Parameters) -> Result<Self, Refusal> {
                Ok(Self)
            }

            async fn needs(&self, _: &Memory, call: &Call<Option<&'static str>>) -> Result<Vec<Need>, Refusal> {
                Ok(call.need("thing/1").into_iter().collect())
            }

            async fn run(
                self,
                $services: &Memory,
                $call: &Call<Option<&'static str>>,
                (): &(),
            ) -> Result<Value, Refusal> {
                $answer
            }
        }
    };
}

const fn on(action: &'static str) -> Permission {
    Permission::On { action, resource: "thing/<id>" }
}

action!(CreateKey, Kms, "CreateKey", Permission::SignatureOnly, _services, _call => Ok(json!({"KeyMetadata": {"KeyId": "k"}})));
action!(EcsRegions, Ecs, "DescribeRegions", on("ecs:DescribeRegions"), _services, _call => Ok(json!({})));
action!(ListUsers, Ram, "ListUsers", on("ram:ListUsers"), _services, _call => Ok(json!({"Users": {"User": [{"UserName": "a"}, {"UserName": "<b>"}]}})));
action!(AssumeRole, Sts, "AssumeRole", on("sts:AssumeRole"), _services, call => Ok(json!({"SessionOf": call.identity.display_name})));
action!(GetCallerIdentity, Sts, "GetCallerIdentity", Permission::SignatureOnly, _services, _call => Ok(Value::Null));
action!(RunInstances, Ecs, "RunInstances", Permission::SignatureOnly, services, _call => {
    services.begun.add_permits(1);
    services.may_end.acquire().await.unwrap().forget();
    Ok(json!({"InstanceIdSets": {"InstanceIdSet": ["i-1"]}}))
});
action!(DescribeImages, Ecs, "DescribeImages", Permission::SignatureOnly, _services, _call => Ok(json!({"Images": {"Image": []}, "TotalCount": 0})));
action!(CopyImage, Ecs, "CopyImage", Permission::SignatureOnly, _services, _call => Ok(json!({"ImageId": "m-1"})));
action!(DeleteImage, Ecs, "DeleteImage", Permission::SignatureOnly, _services, call => panic!("a bug in the code of {}", call.spec.name));
action!(DeleteKey, Kms, "DeleteKeyMaterial", Permission::SignatureOnly, _services, call => panic!("a bug in the code of {}", call.spec.name));

const KEY_ID: Required<Name> = Required::new("KeyId", Name { length: (1, 64), also: "-/:" });
const PLAINTEXT: Required<Text> = Required::new("Plaintext", Text { length: (1, 8192) });
const DRY_RUN: Optional<Flag> = Optional::new("DryRun", Flag);
const WINDOW: Required<Integer> = Required::new("PendingWindowInDays", Integer { min: 7, max: 366 });

/// Reads parameters, needs a permit, answers what it read.
struct Encrypt {
    key_id: String,
    dry_run: bool,
}

impl Action<Memory> for Encrypt {
    const SPEC: &'static Spec = &Spec {
        product: Product::Kms,
        name: "Encrypt",
        parameters: &[&KEY_ID, &PLAINTEXT, &DRY_RUN],
        permission: Permission::On { action: "kms:Encrypt", resource: "key/<id>" },
    };

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let key_id = KEY_ID.read(parameters)?;
        PLAINTEXT.read(parameters)?;
        Ok(Self { key_id, dry_run: DRY_RUN.read(parameters)?.unwrap_or(false) })
    }

    async fn needs(&self, _: &Memory, call: &Call<Option<&'static str>>) -> Result<Vec<Need>, Refusal> {
        Ok(call.need(&format!("key/{}", self.key_id)).into_iter().collect())
    }

    async fn run(self, _: &Memory, call: &Call<Option<&'static str>>, (): &()) -> Result<Value, Refusal> {
        if self.dry_run {
            return Err(Refusal::new(&errors::KMS_DRY_RUN, &[]));
        }
        Ok(json!({ "KeyId": self.key_id, "CiphertextBlob": "Y2lwaGVy", "Region": call.region }))
    }
}

/// Refuses by the product's own code.
struct ScheduleKeyDeletion;

impl Action<Memory> for ScheduleKeyDeletion {
    const SPEC: &'static Spec = &Spec {
        product: Product::Kms,
        name: "ScheduleKeyDeletion",
        parameters: &[&KEY_ID, &WINDOW],
        permission: Permission::On { action: "kms:ScheduleKeyDeletion", resource: "key/<id>" },
    };

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        KEY_ID.read(parameters)?;
        WINDOW.read(parameters)?;
        Ok(Self)
    }

    async fn needs(&self, _: &Memory, _: &Call<Option<&'static str>>) -> Result<Vec<Need>, Refusal> {
        Err(Refusal::new(&errors::KMS_KEY_NOT_FOUND, &["no key k-1 in region cn-hangzhou"]))
    }

    async fn run(self, _: &Memory, _: &Call<Option<&'static str>>, (): &()) -> Result<Value, Refusal> {
        unreachable!("the key was not found")
    }
}
