//! What a server finds that comes after another.

use ecs::{EcsError, InstanceError};

use crate::lab::Lab;

/// A machine that runs is found again and can be stopped; one that ended meanwhile is Stopped; one that nobody was told of is gone.
#[tokio::test(flavor = "multi_thread")]
async fn instances_survive_a_restart() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let runs = lab.run(&Lab::new_instances(&image)).await.unwrap();
    let pid = lab.processes();
    let ends = lab.run(&Lab::new_instances(&image)).await.unwrap();
    let half = lab.run(&Lab::new_instances(&image)).await.unwrap();
    let mut write = lab.rooms.kms.catalog().write().await.unwrap();
    let mut instance = write.read().instance_by_id(&half).await.unwrap().unwrap();
    instance.doing = "making".to_owned();
    assert!(write.instance_update(&instance).await.unwrap());
    write.commit().await.unwrap();
    let before = lab.instances_on_disk().len();
    let second = lab.processes().into_iter().find(|found| {
        !pid.contains(found)
            && std::fs::read_link(format!("/proc/{found}/cwd")).is_ok_and(|cwd| cwd.to_string_lossy().contains(&ends))
    });
    let kill = std::process::Command::new("kill").args(["-9", &second.unwrap().to_string()]).status();
    assert!(before == 3 && kill.unwrap().success());
    let lab = lab.restart().await;
    lab.becomes(&ends, "Stopped").await;
    while lab.instances_on_disk().contains(&half) {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    }
    assert_eq!(lab.processes(), pid, "the one that runs, and no other");
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
