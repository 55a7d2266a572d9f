//! Images of several disks whose keys differ: report R03. The bytes are judged in `crates/cli/tests/images`.

use serde_json::Value;

use crate::backend::Who;
use crate::calls::{Client, Parameters};
use crate::ecs_images::{ECS, REGION, authorise_ecs, copy, create_key, image, until_available, with_disk};
use crate::memory::ACCOUNT;
use crate::story::KMS;

const SYSTEM: (&str, &str) = ("DiskDeviceMapping.1.Device", "/dev/xvda");
const DATA: (&str, &str) = ("DiskDeviceMapping.2.Device", "/dev/xvdb");
const ENCRYPTED: (&str, &str) = ("Encrypted", "true");
const SYSTEM_ENCRYPTED: (&str, &str) = ("DiskDeviceMapping.1.Encrypted", "true");
const DATA_ENCRYPTED: (&str, &str) = ("DiskDeviceMapping.2.Encrypted", "true");
const SYSTEM_KEY: &str = "DiskDeviceMapping.1.KMSKeyId";
const DATA_KEY: &str = "DiskDeviceMapping.2.KMSKeyId";

/// An image with its system disk under the first key and its data disk under the second, and a third key.
async fn under_two_keys(root: &Client<'_>) -> (String, [String; 3]) {
    authorise_ecs(root).await;
    let disk = |n: usize| {
        let field = |field| format!("DiskDeviceMapping.{n}.{field}");
        [(field("OSSBucket"), "golden"), (field("OSSObject"), "disk.raw"), (field("Format"), "RAW")]
    };
    let disks = [disk(1), disk(2)].concat();
    let given = disks.iter().map(|(name, value)| (name.as_str(), *value));
    let made = root.done(ECS, "ImportImage", &[REGION].into_iter().chain(given).collect::<Vec<_>>()).await;
    let plain = made["ImageId"].as_str().unwrap();
    until_available(root, plain).await;
    let keys = [create_key(root).await, create_key(root).await, create_key(root).await];
    let each = [SYSTEM, SYSTEM_ENCRYPTED, (SYSTEM_KEY, &keys[0]), DATA, DATA_ENCRYPTED, (DATA_KEY, &keys[1])];
    (copy(root, plain, &each).await, keys)
}

/// One field of each disk, as `Reseal` shows it.
fn of_disks<'a>(image: &'a Value, field: &str) -> Vec<&'a str> {
    let disks = image["Reseal"]["Disks"]["Disk"].as_array().unwrap();
    disks.iter().map(|disk| disk[field].as_str().unwrap()).collect()
}

/// Without a key each disk stays under its own, with `Encrypted` and without, and not a byte is written.
#[tokio::test]
async fn r03_without_a_key_each_disk_keeps_its_own() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [first, second, _]) = under_two_keys(&root).await;
    let before = image(&root, &source).await;
    for flag in [&[][..], &[ENCRYPTED], &[("Encrypted", "false")]] {
        let copied = image(&root, &copy(&root, &source, flag).await).await;
        assert_eq!(of_disks(&copied, "KMSKeyId"), [&*first, &*second], "{flag:?}");
        assert_eq!(of_disks(&copied, "BlobId"), of_disks(&before, "BlobId"), "{flag:?}");
    }
}

/// One key for the copy becomes that of every disk: the vendor's rule.
#[tokio::test]
async fn r03_one_key_for_the_image_replaces_each() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [_, _, third]) = under_two_keys(&root).await;
    let copied = image(&root, &copy(&root, &source, &[ENCRYPTED, ("KMSKeyId", &third)]).await).await;
    assert_eq!(of_disks(&copied, "KMSKeyId"), [&*third, &*third]);
    assert_eq!(of_disks(&copied, "Mode"), ["reencrypt", "reencrypt"]);
}

/// A key for the system disk leaves the data disk under its own, to the byte; so does the key of the image for a data disk that is listed
/// without one. Each key is marked as used by ECS, and held by what it opens.
#[tokio::test]
async fn r03_a_key_for_one_disk_leaves_the_other() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [_, second, third]) = under_two_keys(&root).await;
    let before = image(&root, &source).await;
    let by_disk = [SYSTEM, SYSTEM_ENCRYPTED, (SYSTEM_KEY, &*third)];
    let by_image = [ENCRYPTED, ("KMSKeyId", &*third), DATA];
    let by_wrapping = [SYSTEM, SYSTEM_ENCRYPTED, (SYSTEM_KEY, &*third), ("RekeyMode", "Rewrap")];
    for (given, mode) in [(&by_disk[..], "reencrypt"), (&by_image, "reencrypt"), (&by_wrapping, "rewrap")] {
        let copied = image(&root, &copy(&root, &source, given).await).await;
        assert_eq!(of_disks(&copied, "KMSKeyId"), [&*third, &*second], "{given:?}");
        assert_eq!(of_disks(&copied, "Mode"), [mode, "keep"], "{given:?}");
        assert_eq!(of_disks(&copied, "BlobId")[1], of_disks(&before, "BlobId")[1], "{given:?}");
        assert_ne!(of_disks(&copied, "BlobId")[0], of_disks(&before, "BlobId")[0], "{given:?}");
    }
    let key = ("KeyId", third.as_str());
    let refused = root.call(KMS, "DisableKey", &[key]).await;
    assert_eq!(refused.status, 409, "three disks are under it: {}", refused.body);
    let tags = root.done(KMS, "ListResourceTags", &[key]).await;
    assert!(tags.to_string().contains("acs:ecs:disk-encryption"), "{tags}");
}

/// DescribeImages shows the key and its version of each disk, and so do the snapshots, where the vendor's clients look.
#[tokio::test]
async fn r03_the_key_of_each_disk_is_shown() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [first, second, _]) = under_two_keys(&root).await;
    let shown = image(&root, &source).await;
    let mappings = shown["DiskDeviceMappings"]["DiskDeviceMapping"].as_array().unwrap();
    assert_eq!(of_disks(&shown, "KMSKeyId"), [&*first, &*second]);
    assert_eq!(of_disks(&shown, "Device"), ["/dev/xvda", "/dev/xvdb"]);
    let versions = of_disks(&shown, "KMSKeyVersionId");
    assert!(versions[0] != versions[1] && versions.iter().all(|version| !version.is_empty()), "{versions:?}");
    for (mapping, key) in mappings.iter().zip([&first, &second]) {
        assert_eq!(mapping["Encrypted"], true, "{mapping}");
        let ids = format!("[{}]", mapping["SnapshotId"]);
        let found = root.done(ECS, "DescribeSnapshots", &[REGION, ("SnapshotIds", &ids)]).await;
        assert_eq!(found["Snapshots"]["Snapshot"][0]["KMSKeyId"], key.as_str());
    }
}

/// What is wrong with one disk refuses the call, names disk and key, and leaves nothing.
#[tokio::test]
async fn r03_a_refusal_names_disk_and_key() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [_, second, third]) = under_two_keys(&root).await;
    root.done(KMS, "DisableKey", &[("KeyId", &third)]).await;
    let nobody = "01234567-89ab-4cde-8f01-23456789abcd";
    let cases: [(Parameters<'_>, u16, &str, &[&str]); 8] = [
        (&[("DiskDeviceMapping.1.Device", "/dev/xvdz")], 404, "InvalidDevice.NotFound", &["/dev/xvdz", &source]),
        (&[DATA, ("DiskDeviceMapping.3.Device", "/dev/xvdb")], 400, "InvalidDevice.InUse", &["/dev/xvdb"]),
        (&[DATA_ENCRYPTED], 400, "MissingParameter", &["DiskDeviceMapping.2.Device"]),
        (
            &[DATA, ("DiskDeviceMapping.2.Encrypted", "maybe")],
            400,
            "InvalidParameter",
            &["DiskDeviceMapping.2.Encrypted"],
        ),
        (&[DATA, (DATA_KEY, &second)], 400, "InvalidParameter.EncryptedIllegal", &["/dev/xvdb"]),
        (
            &[DATA, DATA_ENCRYPTED, (DATA_KEY, nobody)],
            404,
            "InvalidParameter.KMSKeyId.NotFound",
            &["/dev/xvdb", nobody],
        ),
        (
            &[SYSTEM, SYSTEM_ENCRYPTED, (SYSTEM_KEY, &second), DATA, DATA_ENCRYPTED, (DATA_KEY, &third)],
            403,
            "InvalidParameter.KMSKeyId.CMKNotEnabled",
            &["/dev/xvdb", &third, "Disabled"],
        ),
        (&[ENCRYPTED, ("KMSKeyId", &third), SYSTEM, DATA], 403, "InvalidParameter.KMSKeyId.CMKNotEnabled", &[&third]),
    ];
    for (given, status, code, words) in cases {
        let call = [&[REGION, ("ImageId", source.as_str())], given].concat();
        let answer = root.call(ECS, "CopyImage", &call).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{given:?}: {}", answer.body);
        assert!(words.iter().all(|word| answer.body.contains(word)), "{words:?}: {}", answer.body);
    }
    let images = root.done(ECS, "DescribeImages", &[REGION, ("Status", "ALL")]).await;
    assert_eq!(images["TotalCount"], 2, "a refused copy left an image");
}

/// A dry run lists the key of each disk that is listed, after that of the others.
#[tokio::test]
async fn r03_a_dry_run_lists_the_key_of_each_disk() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [_, _, third]) = under_two_keys(&root).await;
    root.done(KMS, "DisableKey", &[("KeyId", &third)]).await;
    let call = [REGION, ("ImageId", &source), ("DryRun", "true"), DATA, DATA_ENCRYPTED, (DATA_KEY, &third)];
    let refused = root.call(ECS, "CopyImage", &call).await;
    assert_eq!(refused.code(), "InvalidParameter.KMSKeyId.CMKNotEnabled", "{}", refused.body);
    let checks: Vec<Value> = serde_json::from_str(refused.header("x-reseal-checks").unwrap()).unwrap();
    let shown = |name: &str| -> Vec<_> {
        let of_name = checks.iter().filter(|check| check["check"] == name);
        of_name.map(|check| (check["device"].as_str(), check["result"].as_str().unwrap())).collect()
    };
    assert_eq!(shown("encryption"), [(None, "passed"), (Some("/dev/xvdb"), "passed")]);
    assert_eq!(shown("key"), [(None, "passed"), (Some("/dev/xvdb"), "refused")]);
    assert_eq!(shown("balance"), [(None, "passed")], "the checks behind it are run, too");
}

/// The caller's own right is asked for on the key of each disk.
#[tokio::test]
async fn r03_a_right_is_needed_on_the_key_of_each_disk() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (source, [first, second, third]) = under_two_keys(&root).await;
    let statement =
        |action: &str, resource: &str| format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#);
    let on = |key: &str| statement("kms:GenerateDataKey", &format!("acs:kms:cn-hangzhou:{ACCOUNT}:key/{key}"));
    let may_copy = statement("ecs:CopyImage", "*");
    let (id, secret) = running.services.key_of(Who::Alice);
    let alice = Client::new(&running, "alice", id, secret, None);
    let call = [REGION, ("ImageId", &source), ("DryRun", "true"), ENCRYPTED, ("KMSKeyId", &first)];
    let call = [&call[..], &[SYSTEM, (SYSTEM_KEY, &second), DATA, (DATA_KEY, &third)]].concat();
    for (rights, missing) in [
        (format!("[{may_copy},{},{}]", on(&first), on(&second)), Some(&third)),
        (format!("[{may_copy},{},{}]", on(&second), on(&third)), Some(&first)),
        (format!("[{may_copy},{},{},{}]", on(&first), on(&second), on(&third)), None),
    ] {
        running.services.allow(&rights).await;
        let answer = alice.call(ECS, "CopyImage", &call).await;
        let code = missing.map_or("DryRunOperation", |_| "InvalidParameter.KMSKeyId.KMSUnauthorized");
        assert_eq!(answer.code(), code, "{}", answer.body);
        assert!(missing.is_none_or(|key| answer.body.contains(key.as_str())), "{}", answer.body);
    }
}
