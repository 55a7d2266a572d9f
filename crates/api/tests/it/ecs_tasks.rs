//! Tasks: imports that go on after their call, and what can be done with them.

use serde_json::json;

use crate::calls::{Client, start};
use crate::ecs_images::{ECS, REGION, image, import, with_disk};

/// Shows a task that is over, by every filter, and that copies are shown only to who asks for them by name.
#[tokio::test]
async fn a_finished_import_is_shown() {
    let running = with_disk().await;
    let root = Client::root(&running);
    let id = import(&root).await;
    root.done(ECS, "CopyImage", &[REGION, ("ImageId", &id)]).await;
    let tasks = |more: Vec<(&'static str, String)>| {
        let root = &root;
        async move {
            let more: Vec<(&str, &str)> = more.iter().map(|(name, value)| (*name, value.as_str())).collect();
            root.done(ECS, "DescribeTasks", &[&[REGION], &more[..]].concat()).await
        }
    };
    let all = tasks(vec![]).await;
    let task = &all["TaskSet"]["Task"][0];
    assert_eq!((&all["TotalCount"], &all["RegionId"]), (&json!(1), &json!("cn-hangzhou")));
    for (field, wanted) in [
        ("TaskAction", json!("ImportImage")),
        ("TaskStatus", json!("Finished")),
        ("SupportCancel", json!("false")),
        ("ResourceId", json!(id)),
    ] {
        assert_eq!(task[field], wanted, "{task}");
    }
    let task_id = task["TaskId"].as_str().unwrap().to_owned();
    for (filter, wanted) in [
        (vec![("TaskIds", format!("{task_id},t-nothing"))], 1),
        (vec![("TaskIds", "t-nothing".to_owned())], 0),
        (vec![("TaskStatus", "Finished".to_owned())], 1),
        (vec![("TaskStatus", "Failed".to_owned())], 0),
        (vec![("ResourceIds.1", id.clone())], 1),
        (vec![("TaskAction", "ExportImage".to_owned())], 0),
        (vec![("TaskAction", "CopyImage".to_owned())], 1),
        (vec![("EndTime", "2019-01-01T00:00Z".to_owned())], 0),
    ] {
        assert_eq!(tasks(filter.clone()).await["TotalCount"], wanted, "{filter:?}");
    }
    let shown = root.done(ECS, "DescribeTaskAttribute", &[REGION, ("TaskId", &task_id)]).await;
    for (field, wanted) in [
        ("TaskProcess", json!("100%")),
        ("TaskStatus", json!("Finished")),
        ("TotalCount", json!(1)),
        ("SuccessCount", json!(1)),
        ("FailedCount", json!(0)),
    ] {
        assert_eq!(shown[field], wanted, "{shown}");
    }
    let item = &shown["OperationProgressSet"]["OperationProgress"][0]["RelatedItemSet"]["RelatedItem"][0];
    assert_eq!(*item, json!({ "Name": "ImageId", "Value": id }));
    let over = root.code(ECS, "CancelTask", &[REGION, ("TaskId", &task_id)]).await;
    assert_eq!(over, (403, "InvalidTaskId.IncorrectTaskStatus".to_owned()));
    assert_eq!(image(&root, &id).await["Status"], "Available", "what is over cannot be undone");
    let copy = tasks(vec![("TaskAction", "CopyImage".to_owned())]).await;
    let copy = copy["TaskSet"]["Task"][0]["TaskId"].as_str().unwrap();
    let kind = root.code(ECS, "CancelTask", &[REGION, ("TaskId", copy)]).await;
    assert_eq!(kind, (403, "InvalidTaskId.TaskActionNotSupport".to_owned()));
    for action in ["DescribeTaskAttribute", "CancelTask"] {
        let unknown = root.code(ECS, action, &[REGION, ("TaskId", "t-nothing")]).await;
        assert_eq!(unknown, (400, "InvalidTaskId.NotFound".to_owned()), "{action}");
    }
}

/// Shows that nothing is left of an import that is cancelled before its work began, and that its task says so.
#[tokio::test]
async fn an_import_is_cancelled() {
    // Nobody works here: the import waits.
    let running = start().await;
    std::fs::write(running.services.bucket().join("disk.raw"), vec![7; 1 << 20]).unwrap();
    let root = Client::root(&running);
    let call = [
        REGION,
        ("DiskDeviceMapping.1.OSSBucket", "golden"),
        ("DiskDeviceMapping.1.OSSObject", "disk.raw"),
        ("DiskDeviceMapping.1.Format", "RAW"),
    ];
    let made = root.done(ECS, "ImportImage", &call).await;
    let task = [REGION, ("TaskId", made["TaskId"].as_str().unwrap())];
    let shown = root.done(ECS, "DescribeTaskAttribute", &task).await;
    assert_eq!((&shown["TaskStatus"], &shown["SupportCancel"]), (&json!("Processing"), &json!("true")));
    root.done(ECS, "CancelTask", &task).await;
    let images = root.done(ECS, "DescribeImages", &[REGION, ("Status", "ALL")]).await;
    let snapshots = root.done(ECS, "DescribeSnapshots", &[REGION]).await;
    assert_eq!((&images["TotalCount"], &snapshots["TotalCount"]), (&json!(0), &json!(0)));
    let shown = root.done(ECS, "DescribeTaskAttribute", &task).await;
    assert_eq!((&shown["TaskStatus"], &shown["FailedCount"]), (&json!("Failed"), &json!(1)));
    assert_eq!(shown["OperationProgressSet"]["OperationProgress"][0]["ErrorCode"], "TaskCancelled");
}
