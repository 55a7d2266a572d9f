//! An instance of an encrypted image runs with its keys and not without: reports R09 and R10.

use ecs::{EcsError, Encryption, InstanceError, NewSystemDisk, OnKeyDisabled};
use kms::{IfInUse, KeyRef, PageRequest};

use crate::lab::Lab;

/// R09: disks of an encrypted image are encrypted, under its key or the one that the call names, and never plain.
#[tokio::test(flavor = "multi_thread")]
async fn r09_a_disk_of_an_encrypted_image_is_encrypted() {
    let lab = Lab::new().await;
    let (plain, line) = lab.plain_qcow2_image(4).await;
    let (own, other) = (lab.key().await, lab.key().await);
    let sealed = lab.sealed_image(&plain, Some(&own)).await;
    let with = |encrypted, key: Option<String>| {
        let system_disk = NewSystemDisk { encryption: Encryption { encrypted, key }, ..NewSystemDisk::default() };
        ecs::NewInstances { system_disk, ..Lab::new_instances(&sealed) }
    };
    for (request, key) in [(with(None, None), &own), (with(Some(true), Some(other.id.to_string())), &other)] {
        let id = lab.run(&request).await.unwrap();
        assert_eq!(lab.instance(&id).await.unwrap().disks[0].key_id, Some(key.id));
        assert_eq!(lab.last_words(&id).await, line);
        let page = PageRequest::first();
        let usage = lab.rooms.kms.key_usage(&KeyRef::Id(own.id), page, &lab.permit, &lab.scope).await.unwrap();
        let disk = &lab.instance(&id).await.unwrap().disks[0];
        assert!(usage.items.iter().any(|used| used.image.path.ends_with(&disk.id)), "the image's key opens the disk");
        lab.ecs.delete_instance(&id, true, &lab.permit, &lab.scope).await.unwrap();
        let usage = lab.rooms.kms.key_usage(&KeyRef::Id(own.id), page, &lab.permit, &lab.scope).await.unwrap();
        assert_eq!(usage.total_count, 1, "the image alone");
    }
    let refused = lab.run(&with(Some(false), None)).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::WouldBePlain { .. })), "{refused}");
    let refused = lab.run(&with(None, Some(other.id.to_string()))).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::KeyWithoutEncrypted { .. })), "{refused}");
    let bare = ecs::NewInstances { instance_type: "ecs.ebmg6.26xlarge".to_owned(), ..Lab::new_instances(&sealed) };
    let refused = lab.run(&bare).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::BareMetal { .. })), "{refused}");
    assert!(lab.instances_on_disk().is_empty());
}

/// R10: a key that is disabled refuses the call at once, naming key, region, state and remedy, and leaves nothing; what runs goes on, says
/// why it would not start again, and heals with the key.
#[tokio::test(flavor = "multi_thread")]
async fn r10_without_its_key_nothing_starts() {
    let lab = Lab::new().await;
    let key = lab.key().await;
    let idle = lab.idle_image().await;
    let sealed = lab.sealed_image(&idle, Some(&key)).await;
    let id = lab.run(&Lab::new_instances(&sealed)).await.unwrap();
    let named = KeyRef::Id(key.id);
    lab.rooms.kms.disable_key(&named, IfInUse::Proceed, &lab.permit, &lab.scope).await.unwrap();
    let refused = lab.run(&Lab::new_instances(&sealed)).await.unwrap_err().to_string();
    for part in [key.id.to_string().as_str(), "cn-hangzhou", "Disabled", "EnableKey"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert_eq!(lab.instances_on_disk(), [id.as_str()], "nothing is left");
    let shown = lab.instance(&id).await.unwrap();
    assert_eq!(shown.instance.status, "Running");
    assert!(shown.locks[0].reason.contains("Disabled"), "{:?}", shown.locks);
    let refused = lab.ecs.reboot_instance(&id, false, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::KeyNotEnabled { .. }), "{refused}");
    lab.ecs.stop_instance(&id, true, &lab.permit, &lab.scope).await.unwrap();
    let refused = lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::KeyNotEnabled { .. }), "{refused}");
    assert_eq!(lab.instance(&id).await.unwrap().instance.status, "Stopped");
    lab.rooms.kms.enable_key(&named, &lab.permit, &lab.scope).await.unwrap();
    assert!(lab.instance(&id).await.unwrap().locks.is_empty());
    lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap();
}

/// Where the operator says so, a machine does not go on without its key, and says why it stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_its_key_is_stopped_on_request() {
    let lab = Lab::with(|config| config.on_key_disabled = OnKeyDisabled::Stop).await;
    let key = lab.key().await;
    let idle = lab.idle_image().await;
    let sealed = lab.sealed_image(&idle, Some(&key)).await;
    let id = lab.run(&Lab::new_instances(&sealed)).await.unwrap();
    let named = KeyRef::Id(key.id);
    lab.rooms.kms.disable_key(&named, IfInUse::Proceed, &lab.permit, &lab.scope).await.unwrap();
    lab.becomes(&id, "Stopped").await;
    assert!(lab.instance(&id).await.unwrap().instance.failure.contains(&key.id.to_string()));
    assert!(lab.processes().is_empty());
}

/// A plain disk in the place of an encrypted one is not started, though QEMU would open it, with the image under it unlocked; neither is
/// a disk of another instance under the same key. What is kept of that one stays when the instance that has its copy is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_was_exchanged_is_not_started() {
    let lab = Lab::new().await;
    let (plain, _) = lab.plain_image(7).await;
    let sealed = lab.sealed_image(&plain, None).await;
    let mut files = Vec::new();
    let (mut ids, mut headers) = (Vec::new(), Vec::new());
    for _ in 0..2 {
        let id = lab.run(&Lab::new_instances(&sealed)).await.unwrap();
        lab.becomes(&id, "Stopped").await;
        let disk = lab.instance(&id).await.unwrap().disks.remove(0);
        files.push(lab.path(&format!("instances/{id}/disks/{}", disk.file)));
        headers.push(format!("{}.luks", disk.sealed_id));
        ids.push(id);
    }
    let others = std::fs::read(&files[1]).unwrap();
    let made = std::process::Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2"])
        .arg(lab.path("plain.qcow2"))
        .arg("2M")
        .status();
    assert!(made.unwrap().success());
    for bytes in [std::fs::read(lab.path("plain.qcow2")).unwrap(), others] {
        std::fs::write(&files[0], bytes).unwrap();
        let refused = lab.ecs.start_instance(&ids[0], &lab.permit, &lab.scope).await.unwrap_err();
        assert!(matches!(refused, EcsError::Instance(InstanceError::Tampered { .. })), "{refused}");
        assert_eq!(lab.instance(&ids[0]).await.unwrap().instance.status, "Stopped");
    }
    assert!(lab.processes().is_empty());
    lab.ecs.delete_instance(&ids[0], false, &lab.permit, &lab.scope).await.unwrap();
    let kept = lab.names("headers");
    assert!(kept.contains(&headers[1]) && !kept.contains(&headers[0]), "{kept:?}");
}

/// A header that is not the one that was sealed gets no key: the call says which disk, and the instance stays Stopped.
#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_header_gets_no_key() {
    let lab = Lab::new().await;
    let (plain, _) = lab.plain_image(5).await;
    let sealed = lab.sealed_image(&plain, None).await;
    let id = lab.run(&Lab::new_instances(&sealed)).await.unwrap();
    lab.becomes(&id, "Stopped").await;
    let disk = lab.instance(&id).await.unwrap().disks.remove(0);
    let file = lab.path(&format!("instances/{id}/disks/{}", disk.file));
    let mut bytes = std::fs::read(&file).unwrap();
    let luks = bytes.windows(6).position(|window| window == b"LUKS\xba\xbe").unwrap();
    bytes[luks + 120] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let refused = lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::Tampered { .. })), "{refused}");
    assert!(refused.to_string().contains(&disk.id), "{refused}");
    assert_eq!(lab.instance(&id).await.unwrap().instance.status, "Stopped");
}
