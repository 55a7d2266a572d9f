//! Instances that were made and never started, as JSON and XML, and what is refused before a machine is needed. Machines run in
//! `crates/cli/tests/clients`.

use std::time::{Duration, Instant};

use api::{Images as _, Keys as _};
use ecs::{DiskFilter, InstanceFilter, PageRequest, SnapshotFilter};
use serde_json::{Value, json};

use crate::backend::{Backend, operator, scope};
use crate::calls::{Client, start};
use crate::ecs_images::{ECS, REGION, import, until_available, with_disk};

const TYPE: (&str, &str) = ("InstanceType", "ecs.g6.large");

/// A plain image and its copy under the service key.
async fn images(root: &Client<'_>) -> (String, String) {
    let plain = import(root).await;
    let copied = root.done(ECS, "CopyImage", &[REGION, ("ImageId", &plain), ("Encrypted", "true")]).await;
    let sealed = copied["ImageId"].as_str().unwrap().to_owned();
    until_available(root, &sealed).await;
    (plain, sealed)
}

async fn created(root: &Client<'_>, image: &str, more: &[(&str, &str)]) -> String {
    let call = [&[REGION, TYPE, ("ImageId", image)], more].concat();
    root.done(ECS, "CreateInstance", &call).await["InstanceId"].as_str().unwrap().to_owned()
}

async fn instances(root: &Client<'_>, more: &[(&str, &str)]) -> Vec<Value> {
    let answer = root.done(ECS, "DescribeInstances", &[&[REGION], more].concat()).await;
    answer["Instances"]["Instance"].as_array().unwrap().clone()
}

/// Shows every field of an instance and of its disks that a client may rely on, and the root of the XML.
#[tokio::test]
async fn a_created_instance_is_shown() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (_, sealed) = images(&root).await;
    let more = [("InstanceName", "one"), ("DataDisk.1.Size", "3"), ("Tag.1.Key", "team"), ("Tag.1.Value", "blue")];
    let id = created(&root, &sealed, &more).await;
    let [shown] = &instances(&root, &[]).await[..] else { panic!("one instance") };
    let network = root.done(ECS, "DescribeVSwitches", &[REGION]).await["VSwitches"]["VSwitch"][0].clone();
    for (field, wanted) in [
        ("InstanceId", json!(id)),
        ("InstanceName", json!("one")),
        ("ImageId", json!(sealed)),
        ("Status", json!("Stopped")),
        ("InstanceType", json!("ecs.g6.large")),
        ("InstanceTypeFamily", json!("ecs.g6")),
        ("Cpu", json!(2)),
        ("Memory", json!(8192)),
        ("OSType", json!("linux")),
        ("RegionId", json!("cn-hangzhou")),
        ("ZoneId", json!("cn-hangzhou-a")),
        ("CreationTime", json!("2026-11-25T12:06Z")),
        ("StartTime", json!("")),
        ("KeyPairName", json!("")),
        ("DeletionProtection", json!(false)),
        ("StoppedMode", json!("KeepCharging")),
        ("Tags", json!({ "Tag": [{ "TagKey": "team", "TagValue": "blue" }] })),
        ("OperationLocks", json!({ "LockReason": [] })),
    ] {
        assert_eq!(shown[field], wanted, "{field}: {shown}");
    }
    assert_eq!(shown["VpcAttributes"]["VSwitchId"], network["VSwitchId"]);
    let extension = json!({ "Encrypted": true, "Failure": "", "Locks": { "Lock": [] }, "Forwards": { "Forward": [] } });
    assert_eq!(shown["Reseal"], extension);
    let disks = root.done(ECS, "DescribeDisks", &[REGION, ("InstanceId", &id)]).await;
    let service = root.done("2016-01-20", "DescribeKey", &[("KeyId", "alias/acs/ecs")]).await;
    let [system, data] = &disks["Disks"]["Disk"].as_array().unwrap()[..] else { panic!("{disks}") };
    for (field, of_system, of_data) in [
        ("Type", json!("system"), json!("data")),
        ("Encrypted", json!(true), json!(false)),
        ("KMSKeyId", service["KeyMetadata"]["KeyId"].clone(), json!("")),
        ("Size", json!(1), json!(3)),
        ("ImageId", json!(sealed), json!("")),
        ("Status", json!("In_use"), json!("In_use")),
        ("DeleteWithInstance", json!(true), json!(true)),
    ] {
        assert_eq!((&system[field], &data[field]), (&of_system, &of_data), "{field}: {disks}");
    }
    assert_eq!(system["Attachments"]["Attachment"][0]["InstanceId"], json!(id));
    let statuses = root.done(ECS, "DescribeInstanceStatus", &[REGION, ("InstanceId.1", &id)]).await;
    let status = json!({ "InstanceStatus": [{ "InstanceId": id, "Status": "Stopped" }] });
    assert_eq!((&statuses["InstanceStatuses"], &statuses["TotalCount"]), (&status, &json!(1)));
    let xml = root.call(ECS, "DescribeInstances", &[REGION, ("Format", "XML")]).await;
    let part = format!("<InstanceId>{id}</InstanceId>");
    assert!(xml.body.contains("<DescribeInstancesResponse>") && xml.body.contains(&part), "{}", xml.body);
}

/// Shows that filters and pages of instances and disks count.
#[tokio::test]
async fn instances_are_found() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (plain, sealed) = images(&root).await;
    let first = created(&root, &plain, &[("InstanceName", "web-1")]).await;
    let second = created(&root, &sealed, &[("InstanceName", "web-2"), ("Tag.1.Key", "team")]).await;
    let list = format!(r#"["{first}","i-none"]"#);
    for (filter, wanted) in [
        (vec![("InstanceIds", list.as_str())], vec![&first]),
        (vec![("ImageId", sealed.as_str())], vec![&second]),
        (vec![("InstanceName", "web-2")], vec![&second]),
        (vec![("Tag.1.Key", "team")], vec![&second]),
        (vec![("Status", "Running")], vec![]),
        (vec![("ZoneId", "cn-hangzhou-b")], vec![]),
        (vec![("InstanceType", "ecs.c6.large")], vec![]),
        (vec![("VpcId", "vpc-none")], vec![]),
    ] {
        let found = instances(&root, &filter).await;
        let found: Vec<&str> = found.iter().map(|one| one["InstanceId"].as_str().unwrap()).collect();
        assert_eq!(found, wanted, "{filter:?}");
    }
    let page = root.done(ECS, "DescribeInstances", &[REGION, ("MaxResults", "1")]).await;
    let token = page["NextToken"].as_str().unwrap();
    let next = root.done(ECS, "DescribeInstances", &[REGION, ("MaxResults", "1"), ("NextToken", token)]).await;
    assert_ne!(page["Instances"]["Instance"][0]["InstanceId"], next["Instances"]["Instance"][0]["InstanceId"]);
    assert_eq!((&next["NextToken"], &next["TotalCount"]), (&json!(""), &json!(2)));
    for (filter, wanted) in [(("Encrypted", "true"), 1), (("DiskType", "data"), 0), (("Status", "All"), 2)] {
        let found = root.done(ECS, "DescribeDisks", &[REGION, filter]).await;
        assert_eq!(found["TotalCount"], wanted, "{filter:?}");
    }
    lists_cost_no_more_queries_than_one_item(&running.services, &second).await;
}

/// Shows that a page of instances, disks or snapshots is read by as many queries as one of them. `sealed`: the instance with a key, as each
/// key of a page is looked at.
async fn lists_cost_no_more_queries_than_one_item(backend: &Backend, sealed: &str) {
    let (ecs, permit, scope) = (backend.ecs(), &operator(), &scope());
    let page = PageRequest::first();
    let listed = async |list: &str, one: bool| -> usize {
        let only = |id: &str| if one { id.to_owned() } else { String::new() };
        match list {
            "instances" => {
                let filter = InstanceFilter { ids: only(sealed), ..InstanceFilter::default() };
                ecs.describe_instances(&filter, &[], page, permit, scope).await.unwrap().items.len()
            }
            "disks" => {
                let filter = DiskFilter { instance_id: only(sealed), ..DiskFilter::default() };
                ecs.describe_disks(&filter, &[], page, permit, scope).await.unwrap().items.len()
            }
            _ => {
                let filter = SnapshotFilter { encrypted: one.then_some(true), ..SnapshotFilter::default() };
                ecs.describe_snapshots(&filter, &[], page, permit, scope).await.unwrap().items.len()
            }
        }
    };
    for list in ["instances", "disks", "snapshots"] {
        let mut costs = [u64::MAX; 2];
        // Those who wait for work ask too, now and then: the fewest are the list's own.
        for turn in 0..10 {
            let before = backend.kms().catalog().queries();
            assert_eq!(listed(list, turn % 2 == 0).await, 1 + turn % 2, "{list}");
            let cost = backend.kms().catalog().queries() - before;
            costs[turn % 2] = costs[turn % 2].min(cost);
        }
        assert_eq!(costs[0], costs[1], "{list}");
    }
}

/// Shows what can be done with an instance that never ran: other attributes, tags, a key pair, a snapshot, a new system disk, its deletion.
#[tokio::test]
async fn a_created_instance_is_changed_and_deleted() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (plain, sealed) = images(&root).await;
    let public = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    for name in ["first", "second"] {
        root.done(ECS, "ImportKeyPair", &[REGION, ("KeyPairName", name), ("PublicKeyBody", public)]).await;
    }
    let id = created(&root, &plain, &[("KeyPairName", "first")]).await;
    let named = ("InstanceId", id.as_str());
    let key_pair = async || instances(&root, &[]).await[0]["KeyPairName"].clone();
    assert_eq!(key_pair().await, "first");
    let uses = [REGION, ("InstanceIds", &*format!(r#"["{id}"]"#))];
    root.done(ECS, "AttachKeyPair", &[&uses[..], &[("KeyPairName", "second")]].concat()).await;
    assert_eq!(key_pair().await, "second", "an instance has one pair");
    root.done(ECS, "DetachKeyPair", &[&uses[..], &[("KeyPairName", "first")]].concat()).await;
    assert_eq!(key_pair().await, "second", "a pair that it does not have is not taken");
    root.done(ECS, "DeleteKeyPairs", &[REGION, ("KeyPairNames", r#"["second"]"#)]).await;
    assert_eq!(key_pair().await, "");
    let protect = [named, ("InstanceName", "kept"), ("DeletionProtection", "true")];
    root.done(ECS, "ModifyInstanceAttribute", &protect).await;
    let refused = root.code(ECS, "DeleteInstance", &[named]).await;
    assert_eq!(refused, (403, "InvalidOperation.DeletionProtection".to_owned()));
    let tag = [REGION, ("ResourceType", "instance"), ("ResourceId.1", &id), ("Tag.1.Key", "team")];
    root.done(ECS, "TagResources", &tag).await;
    assert_eq!(instances(&root, &[("Tag.1.Key", "team")]).await[0]["InstanceName"], "kept");
    let replaced = root.done(ECS, "ReplaceSystemDisk", &[named, ("ImageId", &sealed)]).await;
    let disk = replaced["DiskId"].as_str().unwrap();
    let shown = root.done(ECS, "DescribeDisks", &[REGION, ("InstanceId", &id)]).await["Disks"]["Disk"][0].clone();
    assert_eq!((&shown["DiskId"], &shown["Encrypted"]), (&json!(disk), &json!(true)));
    root.done(ECS, "ReInitDisk", &[("DiskId", disk)]).await;
    let made = root.done(ECS, "CreateSnapshot", &[("DiskId", disk), ("SnapshotName", "before")]).await;
    until_accomplished(&root, made["SnapshotId"].as_str().unwrap()).await;
    let console = root.done(ECS, "GetInstanceConsoleOutput", &[REGION, named]).await;
    assert_eq!(console["ConsoleOutput"], "");
    root.done(ECS, "ModifyInstanceAttribute", &[named, ("DeletionProtection", "false")]).await;
    let dry = root.code(ECS, "DeleteInstance", &[named, ("DryRun", "true"), ("Force", "true")]).await;
    assert_eq!(dry, (400, "DryRunOperation".to_owned()));
}

/// The disk is read for it until then, and the instance stays as it is.
async fn until_accomplished(root: &Client<'_>, snapshot: &str) {
    let ids = format!(r#"["{snapshot}"]"#);
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        let found = root.done(ECS, "DescribeSnapshots", &[REGION, ("SnapshotIds", &ids)]).await;
        let found = &found["Snapshots"]["Snapshot"][0];
        if found["Status"] == "accomplished" {
            return;
        }
        assert!(found["Status"] == "progressing" && Instant::now() < limit, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Shows the code of every refusal that needs no machine.
#[tokio::test]
async fn what_makes_no_instance_is_refused() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let (plain, sealed) = images(&root).await;
    let [of_plain, of_sealed] = [("ImageId", plain.as_str()), ("ImageId", sealed.as_str())];
    for (call, status, code) in [
        (vec![TYPE], 400, "MissingParameter"),
        (vec![TYPE, ("ImageId", "m-none")], 404, "InvalidImageId.NotFound"),
        (vec![of_plain, ("InstanceType", "ecs.odd")], 404, "InvalidInstanceType.NotFound"),
        (vec![of_sealed, ("InstanceType", "ecs.ebmg6.26xlarge")], 403, "ImageNotSupportInstanceType"),
        (vec![of_plain, TYPE, ("SecurityGroupId", "sg-none")], 404, "InvalidSecurityGroupId.NotFound"),
        (vec![of_plain, TYPE, ("VSwitchId", "vsw-none")], 404, "InvalidVSwitchId.NotFound"),
        (vec![of_plain, TYPE, ("ZoneId", "cn-hangzhou-b")], 404, "InvalidZoneId.NotFound"),
        (vec![of_plain, TYPE, ("KeyPairName", "none")], 404, "InvalidKeyPairName.NotFound"),
        (vec![of_plain, TYPE, ("UserData", "IyEvYmluL3NoCg==")], 400, "UnsupportedParameter"),
        (vec![of_plain, TYPE, ("Amount", "101")], 400, "InvalidParameter.Amount"),
        (vec![of_plain, TYPE, ("InstanceName", "1")], 400, "InvalidInstanceName.Malformed"),
        (vec![of_plain, TYPE, ("SystemDisk.KMSKeyId", "k")], 400, "InvalidParameter.EncryptedIllegal"),
        (vec![of_sealed, TYPE, ("SystemDisk.Encrypted", "false")], 403, "InvalidEncrypted.NotMatchSnapshot"),
        (vec![of_plain, TYPE, ("DataDisk.1.Encrypted", "perhaps")], 400, "InvalidParameter"),
        (vec![of_plain, TYPE, ("DataDisk.1.DiskName", "empty")], 400, "InvalidDiskSize.ValueNotSupported"),
        (vec![of_plain, TYPE, ("DryRun", "true")], 400, "DryRunOperation"),
    ] {
        let call = [&[REGION], &call[..]].concat();
        assert_eq!(root.code(ECS, "RunInstances", &call).await, (status, code.to_owned()), "{call:?}");
    }
    assert_eq!(instances(&root, &[]).await.len(), 0);
    for action in ["StartInstance", "StopInstance", "RebootInstance", "DeleteInstance", "ModifyInstanceAttribute"] {
        let found = root.code(ECS, action, &[("InstanceId", "i-none")]).await;
        assert_eq!(found, (404, "InvalidInstanceId.NotFound".to_owned()), "{action}");
    }
    for (action, call, status, code) in [
        ("StopInstance", ("Hibernate", "true"), 400, "UnsupportedParameter"),
        ("ModifyInstanceAttribute", ("Password", "x"), 400, "UnsupportedParameter"),
        ("DescribeInstances", ("InstanceIds", "i-1"), 400, "InvalidInstanceIds.ValueNotSupported"),
        ("DescribeDisks", ("DiskIds", "d-1"), 400, "InvalidDiskIds.ValueNotSupported"),
        ("ReInitDisk", ("DiskId", "d-none"), 404, "InvalidDiskId.NotFound"),
        ("CreateSnapshot", ("DiskId", "d-none"), 404, "InvalidDiskId.NotFound"),
    ] {
        let found = root.code(ECS, action, &[REGION, ("InstanceId", "i-none"), call]).await;
        assert_eq!(found, (status, code.to_owned()), "{action}");
    }
}

/// Shows the table of types, whole and by name or family.
#[tokio::test]
async fn types_are_those_of_the_configuration() {
    let running = start().await;
    let root = Client::root(&running);
    let names = async |call: &[(&str, &str)]| -> Vec<String> {
        let answer = root.done(ECS, "DescribeInstanceTypes", call).await;
        let types = answer["InstanceTypes"]["InstanceType"].as_array().unwrap();
        types.iter().map(|found| found["InstanceTypeId"].as_str().unwrap().to_owned()).collect()
    };
    assert!(names(&[]).await.len() > 10);
    assert_eq!(names(&[("InstanceTypeFamily", "ecs.g6")]).await, ["ecs.g6.large", "ecs.g6.xlarge"]);
    assert_eq!(names(&[("InstanceTypes.1", "ecs.g6.large"), ("InstanceTypes.2", "ecs.none")]).await, ["ecs.g6.large"]);
    let answer = root.done(ECS, "DescribeInstanceTypes", &[("InstanceTypes.1", "ecs.t5-lc2m1.nano")]).await;
    let found = &answer["InstanceTypes"]["InstanceType"][0];
    assert_eq!((&found["CpuCoreCount"], &found["MemorySize"]), (&json!(1), &json!(0.5)));
}
