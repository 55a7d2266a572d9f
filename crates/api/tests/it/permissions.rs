//! Every row of RAM and STS that asks for a right: refused to a user who has none, with a denial that names what is missing, and
//! given to the account itself, with a permit that covers what the use case wants.

use api::parameters::Treatment;
use api::{Permission, Product, Spec};
use serde_json::Value;

use crate::backend::Backend;
use crate::calls::{Client, start};
use crate::memory::ACCOUNT;

/// A value for each parameter that some row requires.
const SAMPLES: &[(&str, &str)] = &[
    ("UserName", "bob"),
    ("UserAccessKeyId", "LTAIbob000000001"),
    ("Status", "Inactive"),
    ("Password", "Example_1234"),
    ("GroupName", "dev"),
    ("PolicyName", "ReadOnlyAccess"),
    ("PolicyType", "System"),
    ("PolicyDocument", r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#),
    ("VersionId", "v1"),
    ("RoleName", "ops"),
    (
        "AssumeRolePolicyDocument",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs.aliyuncs.com"}}]}"#,
    ),
    ("RoleSessionName", "s1"),
    ("ActionName", "kms:Decrypt"),
    ("Resource", "acs:ecs:cn-hangzhou:1234567890123456:image/*"),
];

fn required(spec: &Spec, role_arn: &'static str) -> Vec<(&'static str, &'static str)> {
    let declared = spec.parameters.iter().map(|parameter| parameter.declared());
    let required = declared.filter(|declared| declared.treatment == Treatment::Required);
    let sample = |name: &str| SAMPLES.iter().chain([&("RoleArn", role_arn)]).find(|(known, _)| *known == name).copied();
    required.map(|declared| sample(declared.name).unwrap_or_else(|| panic!("a sample of {}", declared.name))).collect()
}

fn guarded() -> Vec<(&'static Spec, &'static str)> {
    let table = api::table::<Backend>();
    let guarded = table.specs().filter_map(|spec| match spec.permission {
        Permission::On { action, .. } => Some((spec, action)),
        Permission::SignatureOnly => None,
    });
    guarded.filter(|(spec, _)| [Product::Ram, Product::Sts].contains(&spec.product)).collect()
}

#[tokio::test]
async fn every_row_is_refused_without_a_right_and_given_with_one() {
    let running = start().await;
    let root = Client::root(&running);
    let nobody = Client::nobody(&running);
    let role_arn: &'static str = format!("acs:ram::{ACCOUNT}:role/ops").leak();
    let rows = guarded();
    assert!(rows.len() >= 40, "only {} rows: this test does not look at the table any more", rows.len());
    for (spec, action) in rows {
        let (version, name, parameters) = (spec.product.version(), spec.name, required(spec, role_arn));
        let answer = nobody.call(version, name, &parameters).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "NoPermission"), "{name}: {}", answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let detail = &body["AccessDeniedDetail"];
        let found = [&detail["AuthAction"], &detail["AuthPrincipalDisplayName"], &detail["NoPermissionType"]];
        assert_eq!(found, [action, "nobody", "ImplicitDeny"], "{name}");
        let resource = detail["AuthResource"].as_str().unwrap();
        let message = body["Message"].as_str().unwrap();
        for part in [&format!("acs:ram::{ACCOUNT}:user/nobody"), action, resource] {
            assert!(message.contains(part), "{name}: {message}");
        }

        // Whatever it says, it was allowed, and the use case had the permit it wants.
        let answer = root.call(version, name, &parameters).await;
        assert!(answer.status == 200 || [404, 409].contains(&answer.status), "{name}: {}", answer.body);
    }
}
