//! Every row of ECS that asks for a right is refused to a user who has none, with a denial that names what is missing; and a caller's own
//! right to a key that it names for ECS counts, too.

use api::{Permission, Product, Spec};
use serde_json::Value;

use crate::backend::{Backend, Who};
use crate::calls::{Client, start};
use crate::memory::ACCOUNT;

const ECS: &str = "2014-05-26";
const REGION: (&str, &str) = ("RegionId", "cn-hangzhou");
const NO_IMAGE: (&str, &str) = ("ImageId", "m-00000000000000000000");
const NO_INSTANCE: (&str, &str) = ("InstanceId", "i-00000000000000000000");
const PAIR: (&str, &str) = ("KeyPairName", "one");

const OF_IMAGES: (&str, &str) = ("ResourceType", "image");
const RESOURCE: (&str, &str) = ("ResourceId.1", "m-00000000000000000000");

/// What a row must be called with.
fn sample(spec: &Spec) -> Vec<(&'static str, &'static str)> {
    match spec.name {
        "CopyImage"
        | "CancelCopyImage"
        | "DeleteImage"
        | "ModifyImageAttribute"
        | "ModifyImageSharePermission"
        | "DescribeImageSharePermission" => vec![REGION, NO_IMAGE],
        "ExportImage" => vec![REGION, NO_IMAGE, ("OSSBucket", "golden")],
        "CreateImage" => vec![REGION, ("SnapshotId", "s-00000000000000000000")],
        "DeleteSnapshot" => vec![("SnapshotId", "s-00000000000000000000")],
        "DescribeTaskAttribute" | "CancelTask" => vec![REGION, ("TaskId", "t-00000000000000000000")],
        "DescribeImageFromFamily" => vec![REGION, ("ImageFamily", "base")],
        "TagResources" => vec![REGION, OF_IMAGES, RESOURCE, ("Tag.1.Key", "team")],
        "UntagResources" => vec![REGION, OF_IMAGES, RESOURCE, ("TagKey.1", "team")],
        "ListTagResources" => vec![REGION, OF_IMAGES, RESOURCE],
        "ImportImage" => {
            vec![REGION, ("DiskDeviceMapping.1.OSSBucket", "golden"), ("DiskDeviceMapping.1.OSSObject", "disk.qcow2")]
        }
        "DescribeImages" | "DescribeZones" | "DescribeSnapshots" | "DescribeTasks" => vec![REGION],
        "ModifyDiskDefaultKMSKeyId" => vec![REGION, ("KMSKeyId", "alias/nowhere")],
        default if default.contains("DiskEncryptionByDefault") || default.contains("DiskDefaultKMSKeyId") => {
            vec![REGION]
        }
        "DescribeTickets" => vec![REGION],
        "CreateTicket" => vec![REGION, ("Kind", "image-copy-size"), ("Size", "300"), ("Reason", "a large disk")],
        "ReplyTicket" => vec![REGION, ("TicketId", "k-1"), ("Content", "please")],
        "CloseTicket" => vec![REGION, ("TicketId", "k-1")],
        "DescribeRegions" => vec![],
        "RunInstances" | "CreateInstance" => vec![REGION, NO_IMAGE, ("InstanceType", "ecs.g6.large")],
        "StartInstance" | "StopInstance" | "RebootInstance" | "DeleteInstance" | "ModifyInstanceAttribute" => {
            vec![NO_INSTANCE]
        }
        "GetInstanceConsoleOutput" => vec![REGION, NO_INSTANCE],
        "DescribeInstances"
        | "DescribeInstanceStatus"
        | "DescribeDisks"
        | "DescribeKeyPairs"
        | "DescribeVpcs"
        | "DescribeVSwitches"
        | "DescribeSecurityGroups" => vec![REGION],
        "DescribeInstanceTypes" => vec![],
        "DescribeSecurityGroupAttribute" => vec![REGION, ("SecurityGroupId", "sg-1")],
        "ReplaceSystemDisk" => vec![NO_INSTANCE, NO_IMAGE],
        "ReInitDisk" | "CreateSnapshot" => vec![("DiskId", "d-00000000000000000000")],
        "CreateKeyPair" => vec![REGION, PAIR],
        "ImportKeyPair" => vec![REGION, PAIR, ("PublicKeyBody", "ssh-rsa AAAA")],
        "AttachKeyPair" | "DetachKeyPair" => vec![REGION, PAIR, ("InstanceIds", r#"["i-00000000000000000000"]"#)],
        "DeleteKeyPairs" => vec![REGION, ("KeyPairNames", r#"["one"]"#)],
        other => panic!("no sample for {other}"),
    }
}

#[tokio::test]
async fn every_row_refuses_who_has_no_right() {
    let running = start().await;
    let nobody = Client::nobody(&running);
    let table = api::table::<Backend>();
    let rows: Vec<_> = table.specs().filter(|spec| spec.product == Product::Ecs).collect();
    assert!(rows.len() >= 7, "only {} rows: this test does not look at the table any more", rows.len());
    for spec in rows {
        let Permission::On { action, .. } = spec.permission else { panic!("{} asks for no right", spec.name) };
        let answer = nobody.call(ECS, spec.name, &sample(spec)).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "Forbidden.RAM"), "{}: {}", spec.name, answer.body);
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        let detail = &body["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], action, "{}", spec.name);
        let resource = detail["AuthResource"].as_str().unwrap();
        assert!(resource.starts_with(&format!("acs:ecs:cn-hangzhou:{ACCOUNT}:")), "{}: {resource}", spec.name);
    }
}

/// A user who may copy, but has no right to the key: refused by the code for that, which names the key. With the right the copy goes
/// on to the next check. R02, R11.
#[tokio::test]
async fn the_callers_own_right_to_a_key_counts() {
    let running = start().await;
    let root = Client::root(&running);
    let made = root.done("2016-01-20", "CreateKey", &[]).await;
    let key = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let copy = [REGION, NO_IMAGE, ("Encrypted", "true"), ("KMSKeyId", key.as_str())];
    let may_copy = r#"{"Effect":"Allow","Action":"ecs:CopyImage","Resource":"*"}"#;
    running.services.allow(&format!("[{may_copy}]")).await;
    let (id, secret) = running.services.key_of(Who::Alice);
    let alice = Client::new(&running, "alice", id, secret, None);
    let answer = alice.call(ECS, "CopyImage", &copy).await;
    let code = "InvalidParameter.KMSKeyId.KMSUnauthorized";
    assert_eq!((answer.status, answer.code().as_str()), (403, code), "{}", answer.body);
    assert!(answer.body.contains(&key) && answer.body.contains("kms:GenerateDataKey"), "{}", answer.body);
    let arn = format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{key}");
    let may_use = format!(r#"{{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"{arn}"}}"#);
    running.services.allow(&format!("[{may_copy},{may_use}]")).await;
    let answer = alice.call(ECS, "CopyImage", &copy).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "InvalidImageId.NotFound"), "{}", answer.body);
}
