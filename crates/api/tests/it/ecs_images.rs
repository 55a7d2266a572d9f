//! Images over the wire: an import and a copy as JSON and XML, and what a dry run shows. The work itself is judged in `crates/cli/tests`.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::backend::Backend;
use crate::calls::{Client, Parameters, RAM, start};
use crate::client::Running;
use crate::story::KMS;

pub(crate) const ECS: &str = "2014-05-26";
pub(crate) const REGION: (&str, &str) = ("RegionId", "cn-hangzhou");
const MIB: usize = 1 << 20;

/// Who may take the role by which ECS uses keys of the account.
const TRUST: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",
    "Principal":{"Service":["ecs.aliyuncs.com"]}}]}"#;

/// A server with a raw disk of 4 MiB in its bucket.
pub(crate) async fn with_disk() -> Running<Backend> {
    let running = start().await;
    add_disk(&running);
    running
}

/// Puts the disk into the bucket, and has jobs worked on.
pub(crate) fn add_disk(running: &Running<Backend>) {
    let disk: Vec<u8> = (0..4 * MIB).map(|n| if n < MIB { (n % 251) as u8 } else { 0 }).collect();
    std::fs::write(running.services.bucket().join("disk.raw"), disk).unwrap();
    running.services.work();
}

/// Lets ECS use the keys of the account.
pub(crate) async fn authorise_ecs(root: &Client<'_>) {
    let role = ("RoleName", "AliyunECSDiskEncryptDefaultRole");
    root.done(RAM, "CreateRole", &[role, ("AssumeRolePolicyDocument", TRUST)]).await;
    let policy = [role, ("PolicyType", "System"), ("PolicyName", "AliyunECSDiskEncryptRolePolicy")];
    root.done(RAM, "AttachPolicyToRole", &policy).await;
}

/// Makes a key. Returns its id.
pub(crate) async fn create_key(root: &Client<'_>) -> String {
    let made = root.done(KMS, "CreateKey", &[]).await;
    made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}

/// Makes a copy in this region, which is Available when this returns. Returns its id.
pub(crate) async fn copy(root: &Client<'_>, source: &str, more: Parameters<'_>) -> String {
    let made = root.done(ECS, "CopyImage", &[&[REGION, ("ImageId", source)], more].concat()).await;
    let id = made["ImageId"].as_str().unwrap().to_owned();
    until_available(root, &id).await;
    id
}

pub(crate) async fn import(root: &Client<'_>) -> String {
    let parameters = [
        REGION,
        ("ImageName", "golden-1"),
        ("DiskDeviceMapping.1.OSSBucket", "golden"),
        ("DiskDeviceMapping.1.OSSObject", "disk.raw"),
        ("DiskDeviceMapping.1.Format", "RAW"),
        ("Tag.1.Key", "team"),
        ("Tag.1.Value", "blue"),
    ];
    let made = root.done(ECS, "ImportImage", &parameters).await;
    assert_eq!(made["RegionId"], "cn-hangzhou");
    let id = made["ImageId"].as_str().unwrap().to_owned();
    until_available(root, &id).await;
    id
}

pub(crate) async fn image(root: &Client<'_>, id: &str) -> Value {
    image_in(root, REGION.1, id).await
}

async fn image_in(root: &Client<'_>, region: &str, id: &str) -> Value {
    let call = [("RegionId", region), ("ImageId", id), ("Status", "ALL")];
    root.done(ECS, "DescribeImages", &call).await["Images"]["Image"][0].take()
}

pub(crate) async fn until_available(root: &Client<'_>, id: &str) {
    until_available_in(root, REGION.1, id).await;
}

pub(crate) async fn until_available_in(root: &Client<'_>, region: &str, id: &str) {
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        let found = image_in(root, region, id).await;
        if found["Status"] == "Available" {
            return;
        }
        assert!(matches!(found["Status"].as_str(), Some("Creating" | "Waiting")), "{found}");
        assert!(Instant::now() < limit, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Shows every field that a client may rely on, before and after a copy under the service key.
#[tokio::test]
async fn an_image_is_imported_copied_and_shown() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let plain = import(&root).await;
    let found = image(&root, &plain).await;
    let mapping = &found["DiskDeviceMappings"]["DiskDeviceMapping"][0];
    for (field, wanted) in [
        ("ImageName", json!("golden-1")),
        ("Progress", json!("100%")),
        ("Size", json!(1)),
        ("ImageOwnerAlias", json!("self")),
        ("IsCopied", json!(false)),
        ("IsSelfShared", json!("False")),
        ("OSType", json!("linux")),
        ("Architecture", json!("x86_64")),
        ("BootMode", json!("BIOS")),
        ("LicenseType", json!("")),
        ("SupplierName", json!("")),
        ("SecureBootOptions", json!({ "SecureBootSupport": false })),
        ("Tags", json!({ "Tag": [{ "TagKey": "team", "TagValue": "blue" }] })),
    ] {
        assert_eq!(found[field], wanted, "{field}: {found}");
    }
    for (field, wanted) in [
        ("Device", json!("/dev/xvda")),
        ("Type", json!("system")),
        ("Size", json!("1")),
        ("Encrypted", json!(false)),
        ("ImportOSSBucket", json!("golden")),
        ("ImportOSSObject", json!("disk.raw")),
    ] {
        assert_eq!(mapping[field], wanted, "{field}: {mapping}");
    }
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &plain), ("Encrypted", "True")]).await;
    let copy = copied["ImageId"].as_str().unwrap();
    until_available(&root, copy).await;
    let found = image(&root, copy).await;
    assert_eq!((&found["IsCopied"], &found["Description"]), (&json!(true), &json!("")));
    assert_eq!(found["DiskDeviceMappings"]["DiskDeviceMapping"][0]["Encrypted"], true);
    let disk = &found["Reseal"]["Disks"]["Disk"][0];
    assert_eq!((&disk["Mode"], &found["Reseal"]["SourceImageId"]), (&json!("encrypt"), &json!(plain)));
    assert!(disk["VerifiedTime"].as_str().is_some_and(|time| time.ends_with('Z')), "{disk}");
    let tagged = root.done(ECS, "DescribeImages", &[REGION, ("Tag.1.Key", "team")]).await;
    assert_eq!(tagged["TotalCount"], 1, "a copy has the tags that its call names, and no others");
}

/// Shows that a dry run makes nothing, that its header lists every check, and that its code is that of the first that refuses.
#[tokio::test]
async fn a_dry_run_lists_every_check() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let plain = import(&root).await;
    let nobody = "01234567-89ab-4cde-8f01-23456789abcd";
    let dry = |more: &[(&'static str, &'static str)]| {
        let mut call = vec![REGION, ("ImageId", plain.as_str()), ("DryRun", "true"), ("Encrypted", "true")];
        call.extend(more);
        let root = &root;
        async move { root.call(ECS, "CopyImage", &call).await }
    };
    let passed = dry(&[]).await;
    assert_eq!((passed.status, passed.code().as_str()), (400, "DryRunOperation"), "{}", passed.body);
    let checks: Vec<Value> = serde_json::from_str(passed.header("x-reseal-checks").unwrap()).unwrap();
    assert!(checks.len() >= 9 && checks.iter().all(|check| check["result"] == "passed"), "{checks:?}");
    let refused = dry(&[("KMSKeyId", nobody), ("DestinationImageName", "golden-1")]).await;
    assert_eq!(refused.code(), "InvalidParameter.KMSKeyId.NotFound", "{}", refused.body);
    let checks: Vec<Value> = serde_json::from_str(refused.header("x-reseal-checks").unwrap()).unwrap();
    let codes: Vec<&str> = checks.iter().filter_map(|check| check["code"].as_str()).collect();
    assert_eq!(codes, ["InvalidParameter.KMSKeyId.NotFound", "InvalidImageName.Duplicated"], "{checks:?}");
    let images = root.done(ECS, "DescribeImages", &[REGION, ("Status", "ALL")]).await;
    assert_eq!(images["TotalCount"], 1, "a dry run makes nothing");
}

/// Shows that a dry run of an import says what the disk is, and makes nothing.
#[tokio::test]
async fn a_dry_run_says_what_would_be_imported() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let disk = [("DiskDeviceMapping.1.OSSBucket", "golden"), ("DiskDeviceMapping.1.OSSObject", "disk.raw")];
    let passed = root.call(ECS, "ImportImage", &[&[REGION, ("DryRun", "true")][..], &disk].concat()).await;
    assert_eq!(passed.code(), "DryRunOperation", "{}", passed.body);
    let checks: Value = serde_json::from_str(passed.header("x-reseal-checks").unwrap()).unwrap();
    let found = json!([{ "check": "disk", "result": "passed", "format": "raw", "virtualBytes": 4 * MIB }]);
    assert_eq!(checks, found);
    let images = root.done(ECS, "DescribeImages", &[REGION, ("Status", "ALL")]).await;
    assert_eq!(images["TotalCount"], 0, "a dry run makes nothing");
}

/// Shows that a file is refused by the call, not later, and by its own code.
#[tokio::test]
async fn what_cannot_be_imported_is_refused_at_once() {
    let running = with_disk().await;
    let root = Client::root(&running);
    std::fs::write(running.services.bucket().join("broken.qcow2"), b"QFI\xfb but no image").unwrap();
    for (bucket, object, format, code) in [
        ("silver", "disk.raw", "RAW", "InvalidOSSBucket.NotFound"),
        ("golden", "nothing.raw", "RAW", "InvalidOSSObject.NotFound"),
        ("golden", "../root.key", "RAW", "InvalidOSSObject.Malformed"),
        ("golden", "broken.qcow2", "", "InvalidImageFormat.Malformed"),
        ("golden", "disk.raw", "QCOW2", "InvalidImageFormat.Malformed"),
        ("golden", "disk.raw", "TXT", "InvalidParameter"),
    ] {
        let parameters = [
            REGION,
            ("DiskDeviceMapping.1.OSSBucket", bucket),
            ("DiskDeviceMapping.1.OSSObject", object),
            ("DiskDeviceMapping.1.Format", format),
        ];
        let answer = root.call(ECS, "ImportImage", &parameters).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{object}: {}", answer.body);
    }
    let images = root.done(ECS, "DescribeImages", &[REGION, ("Status", "ALL")]).await;
    assert_eq!(images["TotalCount"], 0);
}
