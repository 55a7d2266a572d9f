//! What a server finds that comes after another.

use std::time::Duration;

use ecs::{DiskRecord, EcsError, InstanceError};

use crate::lab::{Lab, patiently};

/// A machine that runs is found again and can be stopped; one that ended meanwhile is Stopped; one that nobody was told of is gone; a reboot
/// that was cut in its second half is gone on with. A status that could not be written is written later.
#[tokio::test(flavor = "multi_thread")]
async fn instances_survive_a_restart() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let runs = lab.run(&Lab::new_instances(&image)).await.unwrap();
    let pid = lab.processes();
    let ends = lab.run(&Lab::new_instances(&image)).await.unwrap();
    let half = lab.run(&Lab::new_instances(&image)).await.unwrap();
    let cut = lab.ecs.create_instance(&Lab::new_instances(&image), None, &lab.permit, &lab.scope).await.unwrap();
    lab.edit(&cut, |instance| (instance.status, instance.doing) = ("Starting".to_owned(), "rebooting".to_owned()))
        .await;
    lab.edit(&half, |instance| instance.doing = "making".to_owned()).await;
    let before = lab.instances_on_disk().len();
    let second = lab.processes().into_iter().find(|found| {
        !pid.contains(found)
            && std::fs::read_link(format!("/proc/{found}/cwd")).is_ok_and(|cwd| cwd.to_string_lossy().contains(&ends))
    });
    let kill = std::process::Command::new("kill").args(["-9", &second.unwrap().to_string()]).status();
    assert!(before == 4 && kill.unwrap().success());
    let lab = lab.restart().await;
    lab.becomes(&ends, "Stopped").await;
    patiently(async {
        while lab.instances_on_disk().contains(&half) {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    })
    .await;
    lab.becomes(&cut, "Running").await;
    lab.ecs.delete_instance(&cut, true, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.processes(), pid, "the one that runs, and no other");
    lab.edit(&runs, |instance| instance.status = "Starting".to_owned()).await;
    lab.becomes(&runs, "Running").await;
    assert_eq!(lab.instance(&runs).await.unwrap().instance.status, "Running");
    lab.ecs.stop_instance(&runs, false, &lab.permit, &lab.scope).await.unwrap();
    lab.becomes(&runs, "Stopped").await;
    assert!(lab.processes().is_empty());
}

/// An instance is its host's: a server on another says so, and does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn another_host_leaves_an_instance_alone() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let id = lab.ecs.create_instance(&Lab::new_instances(&image), None, &lab.permit, &lab.scope).await.unwrap();
    let file = lab.path("instances/host");
    std::fs::write(&file, "host-of-another").unwrap();
    let lab = lab.restart().await;
    let refused = lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::OtherHost { .. })), "{refused}");
    let refused = lab.ecs.delete_instance(&id, true, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::OtherHost { .. })), "{refused}");
    assert_eq!(lab.instance(&id).await.unwrap().instance.status, "Stopped");
    assert_eq!(lab.instances_on_disk(), [id]);
}

/// What a call began and did not come to the end of is done by the same server, without a restart: a disk that was replaced and could not be
/// removed goes, and a machine whose stop was written down, but not told, is stopped.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_left_is_done_later() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let id = lab.ecs.create_instance(&Lab::new_instances(&image), None, &lab.permit, &lab.scope).await.unwrap();
    let disk = lab.instance(&id).await.unwrap().disks.remove(0);
    let files = format!("instances/{id}/disks");
    let old = DiskRecord {
        id: "d-old".to_owned(),
        file: "d-old.qcow2".to_owned(),
        status: "Detaching".to_owned(),
        ..disk.clone()
    };
    std::fs::write(lab.path(&files).join(&old.file), b"old").unwrap();
    let catalog = lab.rooms.kms.catalog();
    let mut write = catalog.write().await.unwrap();
    write.disk_insert(&old).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(lab.instance(&id).await.unwrap().disks, std::slice::from_ref(&disk), "no machine gets it");
    let runs = lab.run(&Lab::new_instances(&image)).await.unwrap();
    lab.edit(&runs, |instance| instance.status = "Stopping".to_owned()).await;
    lab.becomes(&runs, "Stopped").await;
    patiently(async {
        while catalog.read().disk_by_id(&old.id).await.unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    })
    .await;
    assert_eq!(lab.names(&files), [disk.file]);
}

/// Two servers never work in one directory of instances, whatever their catalogs: the second can neither take over nor make an instance, and
/// the first goes on. When the first is gone the second may, and leaves what is not its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_has_one_server() {
    let first = Lab::new().await;
    let image = first.idle_image().await;
    let new = Lab::new_instances(&image);
    let kept = first.ecs.create_instance(&new, None, &first.permit, &first.scope).await.unwrap();
    let gone = first.ecs.create_instance(&new, None, &first.permit, &first.scope).await.unwrap();
    let directory = first.path("instances");
    let second = Lab::with(|config| config.directory.clone_from(&directory)).await;
    let new = Lab::new_instances(&second.idle_image().await);
    let make = || second.ecs.create_instance(&new, None, &second.permit, &second.scope);
    for refused in [second.ecs.take_instances().await.unwrap_err(), make().await.unwrap_err()] {
        assert!(matches!(refused, EcsError::Instance(InstanceError::DirectoryTaken { .. })), "{refused}");
    }
    first.ecs.delete_instance(&gone, false, &first.permit, &first.scope).await.unwrap();
    assert_eq!(first.instances_on_disk(), [kept.as_str()]);

    let files = first.stop().await;
    patiently(async {
        while second.ecs.take_instances().await.is_err() {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    })
    .await;
    let made = make().await.unwrap();
    assert!([&kept, &made].iter().all(|id| files.path().join("instances").join(id).is_dir()));
}
