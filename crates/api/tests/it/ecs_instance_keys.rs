//! Who may run an instance whose image is under a key: report R11. No machine is started: a refusal comes before, and so does a dry run.

use crate::calls::{Client, RAM, STS};
use crate::ecs_images::{ECS, REGION, authorise_ecs, copy, create_key, import, with_disk};
use crate::memory::ACCOUNT;

/// A role that may do everything with ECS and nothing with the key: refused, naming principal, action and key, by the call as by its dry run,
/// and nothing is made. With that right on that key alone the call passes every check.
#[tokio::test]
async fn r11_a_missing_right_on_the_images_key_is_named() {
    let running = with_disk().await;
    let root = Client::root(&running);
    authorise_ecs(&root).await;
    let plain = import(&root).await;
    let key = create_key(&root).await;
    let image = copy(&root, &plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]).await;
    let trust = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":"acs:ram::{ACCOUNT}:root"}}}}]}}"#
    );
    let role = root.done(RAM, "CreateRole", &[("RoleName", "scaling"), ("AssumeRolePolicyDocument", &trust)]).await;
    let allow = async |name: &str, action: &str, resource: &str| {
        let document = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
        );
        root.done(RAM, "CreatePolicy", &[("PolicyName", name), ("PolicyDocument", &document)]).await;
        let attached = [("PolicyType", "Custom"), ("PolicyName", name), ("RoleName", "scaling")];
        root.done(RAM, "AttachPolicyToRole", &attached).await;
    };
    allow("machines", "ecs:*", "*").await;
    let arn = role["Role"]["Arn"].as_str().unwrap();
    let session = root.done(STS, "AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "group-7")]).await;
    let of_session = |field: &str| session["Credentials"][field].as_str().unwrap();
    let (id, secret, token) = (of_session("AccessKeyId"), of_session("AccessKeySecret"), of_session("SecurityToken"));
    let scaling = Client::new(&running, "scaling", id, secret, Some(token));
    let run = [REGION, ("ImageId", image.as_str()), ("InstanceType", "ecs.g6.large"), ("DryRun", "true")];
    for call in [&run[..3], &run] {
        let answer = scaling.call(ECS, "RunInstances", call).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        for part in [key.as_str(), "kms:Decrypt", "scaling/group-7"] {
            assert!(answer.body.contains(part), "{part}: {}", answer.body);
        }
    }
    allow("opens", "kms:Decrypt", &format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{key}")).await;
    let answer = scaling.call(ECS, "RunInstances", &run).await;
    assert_eq!(answer.code(), "DryRunOperation", "{}", answer.body);
    let found = root.done(ECS, "DescribeInstances", &[REGION]).await;
    assert_eq!(found["TotalCount"], 0);
}
