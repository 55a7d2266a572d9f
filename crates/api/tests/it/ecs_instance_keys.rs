//! Who may run an instance whose image is under a key: report R11. No machine is started: a refusal comes before, and so does a dry run.

use crate::backend::Who;
use crate::calls::Client;
use crate::ecs_images::{ECS, REGION, import, until_available, with_disk};
use crate::memory::ACCOUNT;

const RAM: &str = "2015-05-01";

/// Who may take the role by which ECS uses keys of the account.
const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#;

/// A user who may do everything with ECS and nothing with the key: refused, naming principal, action and key. With that right on that key
/// alone the call passes every check.
#[tokio::test]
async fn r11_a_missing_right_on_the_images_key_is_named() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let role = "AliyunECSDiskEncryptDefaultRole";
    let new = [("RoleName", role), ("AssumeRolePolicyDocument", TRUST)];
    root.done(RAM, "CreateRole", &new).await;
    let policy = [("RoleName", role), ("PolicyType", "System"), ("PolicyName", "AliyunECSDiskEncryptRolePolicy")];
    root.done(RAM, "AttachPolicyToRole", &policy).await;
    let plain = import(&root).await;
    let made = root.done("2016-01-20", "CreateKey", &[]).await;
    let key = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let copy = [REGION, ("ImageId", plain.as_str()), ("Encrypted", "true"), ("KMSKeyId", key.as_str())];
    let made = root.done(ECS, "CopyImage", &copy).await;
    let image = made["ImageId"].as_str().unwrap().to_owned();
    until_available(&root, &image).await;
    let run = [REGION, ("ImageId", image.as_str()), ("InstanceType", "ecs.g6.large"), ("DryRun", "true")];
    let may_run = r#"{"Effect":"Allow","Action":"ecs:*","Resource":"*"}"#;
    running.services.allow(&format!("[{may_run}]")).await;
    let (id, secret) = running.services.key_of(Who::Alice);
    let alice = Client::new(&running, "alice", id, secret, None);
    let answer = alice.call(ECS, "RunInstances", &run).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    for part in [key.as_str(), "kms:Decrypt", "alice"] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{key}");
    let may_open = format!(r#"{{"Effect":"Allow","Action":"kms:Decrypt","Resource":"{arn}"}}"#);
    running.services.allow(&format!("[{may_run},{may_open}]")).await;
    let answer = alice.call(ECS, "RunInstances", &run).await;
    assert_eq!(answer.code(), "DryRunOperation", "{}", answer.body);
    let found = root.done(ECS, "DescribeInstances", &[REGION]).await;
    assert_eq!(found["TotalCount"], 0);
}
