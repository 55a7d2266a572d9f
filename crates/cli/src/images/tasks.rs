//! Tasks, in the data directory and at a server.

use std::sync::Arc;

use anyhow::Result;
use api::Product;
use ecs::{JobFilter, JobRecord, TASK_ACTIONS};
use serde::{Deserialize, Serialize};

use super::local::LocalImages;
use super::remote::RemoteImages;
use crate::output;

/// What `reseal task` asks. Every call answers alike from both places.
pub(crate) trait Tasks {
    /// Newest first. `action`: the API's word for what they do, else imports and exports. `image`: empty for any.
    fn tasks(&self, action: Option<&str>, image: &str) -> Result<Vec<TaskRow>>;
    fn task(&self, task: &str) -> Result<TaskView>;
    fn cancel_task(&self, task: &str) -> Result<()>;

    /// Sees to it that an unfinished task is worked on while the command waits for it.
    fn work_on_task(&self, task: &str);
}

/// What is listed of a task.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"))]
pub(crate) struct TaskRow {
    pub(crate) task_id: String,
    pub(crate) task_action: String,
    /// `Processing`, `Finished`, `Failed`.
    pub(crate) task_status: String,
    /// The image that it makes or reads.
    pub(crate) resource_id: String,
    pub(crate) creation_time: String,
    /// Empty while it is not over.
    pub(crate) finished_time: String,
}

/// What is shown of one.
#[derive(Debug, Serialize)]
pub(crate) struct TaskView {
    #[serde(flatten)]
    pub(crate) row: TaskRow,
    /// Percent.
    pub(crate) progress: u32,
    /// Of one that failed.
    pub(crate) failure_code: String,
    pub(crate) failure: String,
}

impl TaskRow {
    /// Whether it is not over.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.task_status == "Processing"
    }
}

impl Tasks for RemoteImages {
    fn tasks(&self, action: Option<&str>, image: &str) -> Result<Vec<TaskRow>> {
        let mut parameters = vec![("RegionId", self.region.as_str())];
        parameters.extend(action.map(|action| ("TaskAction", action)));
        parameters.extend((!image.is_empty()).then_some(("ResourceIds.1", image)));
        self.remote.list_product(Product::Ecs, "DescribeTasks", &parameters, ("TaskSet", "Task"))
    }

    fn task(&self, task: &str) -> Result<TaskView> {
        let answer: Answer = self.call("DescribeTaskAttribute", &[("TaskId", task)])?.read()?;
        Ok(answer.into_view())
    }

    fn cancel_task(&self, task: &str) -> Result<()> {
        self.call("CancelTask", &[("TaskId", task)]).map(drop)
    }

    fn work_on_task(&self, _: &str) {
        // The server works by itself.
    }
}

/// `DescribeTaskAttribute`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    task_id: String,
    task_action: String,
    task_status: String,
    task_process: String,
    creation_time: String,
    finished_time: String,
    operation_progress_set: Operations,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Operations {
    operation_progress: Vec<Operation>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Operation {
    error_code: String,
    error_msg: String,
    related_item_set: Items,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Items {
    related_item: Vec<Item>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Item {
    value: String,
}

impl Answer {
    fn into_view(self) -> TaskView {
        let operation = self.operation_progress_set.operation_progress.into_iter().next().unwrap_or_default();
        let image = operation.related_item_set.related_item.into_iter().next().unwrap_or_default();
        TaskView {
            row: TaskRow {
                task_id: self.task_id,
                task_action: self.task_action,
                task_status: self.task_status,
                resource_id: image.value,
                creation_time: self.creation_time,
                finished_time: self.finished_time,
            },
            progress: self.task_process.trim_end_matches('%').parse().unwrap_or(0),
            failure_code: operation.error_code,
            failure: operation.error_msg,
        }
    }
}

impl Tasks for LocalImages {
    fn tasks(&self, action: Option<&str>, image: &str) -> Result<Vec<TaskRow>> {
        let filter = JobFilter {
            actions: action.unwrap_or(TASK_ACTIONS).to_owned(),
            image_ids: image.to_owned(),
            ..JobFilter::default()
        };
        self.all(|page| self.ecs.describe_tasks(&filter, page, &self.permit, &self.scope), |job| row(&job))
    }

    fn task(&self, task: &str) -> Result<TaskView> {
        let job = self.runtime.block_on(self.ecs.describe_task(task, &self.permit, &self.scope))?;
        let (code, failure) = job.failure();
        Ok(TaskView {
            row: row(&job),
            progress: job.progress,
            failure_code: code.to_owned(),
            failure: failure.to_owned(),
        })
    }

    fn cancel_task(&self, task: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.cancel_task(task, &self.permit, &self.scope))?)
    }

    fn work_on_task(&self, task: &str) {
        let (ecs, id) = (Arc::clone(&self.ecs), task.to_owned());
        self.runtime.spawn(async move {
            if let Err(error) = ecs.finish_task(&id).await {
                output::warning(&format!("the work on task {id} stands still: {error}"));
            }
        });
    }
}

fn row(job: &JobRecord) -> TaskRow {
    TaskRow {
        task_id: job.job.id.clone(),
        task_action: job.job.action.clone(),
        task_status: job.task_status().to_owned(),
        resource_id: job.job.image_id.clone(),
        creation_time: output::time(job.job.created_at),
        finished_time: job.finished_at.map(output::time).unwrap_or_default(),
    }
}
