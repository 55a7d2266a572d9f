//! Tasks. Source: ecs-images.md 6. Copies are not among the vendor's; they are listed when they are asked for by name.

use ::ecs::{Ecs, EcsError, JobFilter, JobRecord, TASK_ACTIONS};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::{Identifiers, PAGE_NUMBER, PAGE_SIZE, REGION_ID, page, time, written};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Ignored, Kind, List, Name, OneOf, Optional, Parameters, Required};
use crate::services::Need;

const TASK_ID: Required<Name> = Required::new("TaskId", Name { length: (1, 64), also: "-" });
const TASK_IDS: Optional<Identifiers> = Optional::new("TaskIds", Identifiers);
const TASK_ACTION: Optional<Name> = Optional::new("TaskAction", Name { length: (1, 64), also: "" });
const TASK_STATUS: Optional<OneOf> = Optional::new("TaskStatus", OneOf(&["Finished", "Processing", "Failed"]));
const START_TIME: Optional<Time> = Optional::new("StartTime", Time);
const END_TIME: Optional<Time> = Optional::new("EndTime", Time);
const RESOURCE_IDS: List<Name> =
    List { name: "ResourceIds", item: Name { length: (1, 64), also: "-" }, items_max: 100 };

#[derive(Debug, Clone, Copy)]
struct Time;

impl Kind for Time {
    type Value = catalog::Timestamp;

    fn describe(&self) -> String {
        "time, such as 2026-11-28T12:00Z".to_owned()
    }

    fn read(&self, text: &str) -> Option<catalog::Timestamp> {
        time(text)
    }
}

pub(crate) struct DescribeTasks {
    filter: JobFilter,
    page: catalog::PageRequest,
    number: u32,
    size: u32,
}

impl EcsCall for DescribeTasks {
    const SPEC: &'static Spec = &row(
        "DescribeTasks",
        "ecs:DescribeTasks",
        "*",
        &[
            &REGION_ID,
            &TASK_IDS,
            &TASK_ACTION,
            &TASK_STATUS,
            &START_TIME,
            &END_TIME,
            &RESOURCE_IDS,
            &PAGE_NUMBER,
            &PAGE_SIZE,
            &Ignored("TaskGroupId"),
        ],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (page, number, size) = page(parameters)?;
        let states = match TASK_STATUS.read(parameters)? {
            Some("Finished") => "Finished",
            Some("Processing") => "Waiting,Processing",
            Some(_) => "Failed,Cancelled",
            None => "",
        };
        let filter = JobFilter {
            ids: TASK_IDS.read(parameters)?.unwrap_or_default(),
            actions: TASK_ACTION.read(parameters)?.unwrap_or_else(|| TASK_ACTIONS.to_owned()),
            states: states.to_owned(),
            image_ids: RESOURCE_IDS.read(parameters)?.join(","),
            created_from: START_TIME.read(parameters)?,
            created_to: END_TIME.read(parameters)?,
        };
        Ok(Self { filter, page, number, size })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.describe_tasks(&self.filter, self.page, permit, scope).await?;
        let tasks: Vec<Value> = found.items.iter().map(task).collect();
        Ok(json!({
            "TaskSet": { "Task": tasks },
            "RegionId": scope.region.as_str(),
            "TotalCount": found.total_count,
            "PageNumber": self.number,
            "PageSize": self.size,
        }))
    }
}

pub(crate) struct DescribeTaskAttribute(String);

impl EcsCall for DescribeTaskAttribute {
    const SPEC: &'static Spec =
        &row("DescribeTaskAttribute", "ecs:DescribeTaskAttribute", "*", &[&REGION_ID, &TASK_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(TASK_ID.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let job = ecs.describe_task(&self.0, permit, scope).await?;
        let count = |of: &str| u32::from(job.task_status() == of);
        let (code, reason) = job.failure();
        let progress = json!({
            "OperationStatus": job.task_status(),
            "ErrorCode": code,
            "ErrorMsg": reason,
            "RelatedItemSet": { "RelatedItem": [{ "Name": "ImageId", "Value": job.job.image_id }] },
        });
        Ok(json!({
            "TaskId": job.job.id,
            "RegionId": scope.region.as_str(),
            "TaskAction": job.job.action,
            "TaskStatus": job.task_status(),
            "TaskProcess": format!("{}%", job.progress),
            "SupportCancel": supports_cancel(&job).to_string(),
            "TotalCount": 1,
            "SuccessCount": count("Finished"),
            "FailedCount": count("Failed"),
            "CreationTime": written(job.job.created_at),
            "FinishedTime": job.finished_at.map(written).unwrap_or_default(),
            "OperationProgressSet": { "OperationProgress": [progress] },
        }))
    }
}

pub(crate) struct CancelTask(String);

impl EcsCall for CancelTask {
    const SPEC: &'static Spec = &row("CancelTask", "ecs:CancelTask", "*", &[&REGION_ID, &TASK_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(TASK_ID.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.cancel_task(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}

fn task(job: &JobRecord) -> Value {
    json!({
        "TaskId": job.job.id,
        "TaskAction": job.job.action,
        "TaskStatus": job.task_status(),
        "SupportCancel": supports_cancel(job).to_string(),
        "CreationTime": written(job.job.created_at),
        "FinishedTime": job.finished_at.map(written).unwrap_or_default(),
        "ResourceId": job.job.image_id,
        // Ours: the vendor tells it of single tasks only.
        "TaskProcess": format!("{}%", job.progress),
    })
}

fn supports_cancel(job: &JobRecord) -> bool {
    job.task_status() == "Processing" && TASK_ACTIONS.split(',').any(|action| action == job.job.action)
}
