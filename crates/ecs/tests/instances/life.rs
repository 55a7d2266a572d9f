//! The life of an instance: run, stop, start, reboot, delete, and what each leaves.

use ecs::{CallToken, EcsError, InstanceError, KeyPairError, ModifyInstance};

use crate::lab::Lab;

/// A guest sees its image, a Stopped instance is started again, and nothing is left of one that was deleted.
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_runs_stops_and_goes() {
    let lab = Lab::new().await;
    let (image, line) = lab.plain_image(1).await;
    let id = lab.run(&Lab::new_instances(&image)).await.unwrap();
    assert_eq!(lab.last_words(&id).await, line);
    lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.last_words(&id).await, line);
    lab.ecs.delete_instance(&id, false, &lab.permit, &lab.scope).await.unwrap();
    assert!(lab.instance(&id).await.is_none());
    assert!(lab.instances_on_disk().is_empty() && lab.processes().is_empty());
}

/// A guest that does not hear the power button is stopped hard when its time is over; a reboot starts it again; one that runs is deleted
/// by force only, and one that is protected not at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_guest_is_stopped_and_deleted_by_force_only() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let id = lab.run(&Lab::new_instances(&image)).await.unwrap();
    lab.ecs.stop_instance(&id, false, &lab.permit, &lab.scope).await.unwrap();
    lab.becomes(&id, "Stopped").await;
    assert!(lab.processes().is_empty());
    lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap();
    let first = lab.processes();
    lab.ecs.reboot_instance(&id, true, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.processes(), first, "a reset keeps the process");
    lab.ecs.reboot_instance(&id, false, &lab.permit, &lab.scope).await.unwrap();
    lab.becomes(&id, "Stopping").await;
    lab.becomes(&id, "Running").await;
    assert_ne!(lab.processes(), first);
    let refused = lab.ecs.delete_instance(&id, false, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::Status { .. })), "{refused}");
    let protect = |on| ModifyInstance { instance_id: id.clone(), is_protected: Some(on), ..ModifyInstance::default() };
    lab.ecs.modify_instance(&protect(true), &lab.permit, &lab.scope).await.unwrap();
    let refused = lab.ecs.delete_instance(&id, true, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::Instance(InstanceError::Protected { .. })), "{refused}");
    lab.ecs.modify_instance(&protect(false), &lab.permit, &lab.scope).await.unwrap();
    lab.ecs.delete_instance(&id, true, &lab.permit, &lab.scope).await.unwrap();
    assert!(lab.instances_on_disk().is_empty() && lab.processes().is_empty());
}

/// A call that is repeated with its token makes nothing new, also at the same moment; without QEMU a call says so and leaves nothing.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_make_one_instance_and_a_missing_qemu_none() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let request = Lab::new_instances(&image);
    let token = CallToken { token: "token".to_owned(), parameters: [1; 32] };
    let call = || lab.ecs.run_instances(&request, Some(&token), &lab.permit, &lab.scope);
    let (first, second) = tokio::join!(call(), call());
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(lab.processes().len(), 1);

    let lab = Lab::with(|config| config.hypervisor.program = "/nowhere/qemu".into()).await;
    let image = lab.idle_image().await;
    let error = lab.run(&Lab::new_instances(&image)).await.unwrap_err();
    assert!(error.to_string().contains("QEMU is missing"), "{error}");
    assert!(lab.instances_on_disk().is_empty());
    // Without starting it, an instance can be made all the same.
    let id = lab.ecs.create_instance(&Lab::new_instances(&image), None, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.instance(&id).await.unwrap().instance.status, "Stopped");
}

/// An instance is given its key pair in the change that makes it: one that is not there makes nothing, and another one is another call.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_pair_belongs_to_the_call() {
    let lab = Lab::new().await;
    let image = lab.idle_image().await;
    let named = |name: &str| ecs::NewInstances { key_pair: Some(name.to_owned()), ..Lab::new_instances(&image) };
    let refused = lab.ecs.create_instance(&named("mine"), None, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(matches!(refused, EcsError::KeyPair(KeyPairError::NotFound(_))), "{refused}");
    assert!(lab.instances_on_disk().is_empty());
    for name in ["mine", "other"] {
        lab.ecs.create_key_pair(name, &lab.permit, &lab.scope).await.unwrap();
    }
    let create = async |name: &str| {
        // What was sent differs as the names do.
        let token = CallToken { token: "token".to_owned(), parameters: [name.len() as u8; 32] };
        lab.ecs.create_instance(&named(name), Some(&token), &lab.permit, &lab.scope).await
    };
    let id = create("mine").await.unwrap();
    assert_eq!(lab.instance(&id).await.unwrap().key_pair.as_deref(), Some("mine"));
    assert_eq!(create("mine").await.unwrap(), id);
    let refused = create("other").await.unwrap_err();
    assert!(matches!(refused, EcsError::ClientTokenMismatch), "{refused}");
}

/// An image that instances have disks of is deleted by force only; then they go on, and its blob goes with the last disk.
#[tokio::test(flavor = "multi_thread")]
async fn a_blob_stays_as_long_as_a_disk_lies_on_it() {
    let lab = Lab::new().await;
    let (image, line) = lab.plain_image(3).await;
    let id = lab.run(&Lab::new_instances(&image)).await.unwrap();
    lab.becomes(&id, "Stopped").await;
    let refused = lab.ecs.delete_image(&image, false, &lab.permit, &lab.scope).await.unwrap_err();
    assert!(refused.to_string().contains(&id), "{refused}");
    lab.ecs.delete_image(&image, true, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.names("store/blobs").len(), 1);
    lab.ecs.start_instance(&id, &lab.permit, &lab.scope).await.unwrap();
    assert_eq!(lab.last_words(&id).await, line);
    lab.ecs.delete_instance(&id, false, &lab.permit, &lab.scope).await.unwrap();
    assert!(lab.names("store/blobs").is_empty());
}
