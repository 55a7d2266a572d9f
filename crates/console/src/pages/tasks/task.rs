//! A task as the pages show it.

use askama::Template;
use serde_json::Value;

use super::TaskTexts;
use crate::shown::{Chip, Time, list, text};
use crate::visit::Visit;

/// Tasks as a table, also on the page of their image.
#[derive(Template)]
#[template(path = "tasks/table.html")]
pub(in crate::pages) struct TaskTable {
    texts: &'static TaskTexts,
    region: String,
    csrf: String,
    tasks: Vec<Task>,
}

pub(super) struct Task {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) image: String,
    pub(super) status: Status,
    pub(super) created: Time,
    pub(super) ended: Time,
    pub(super) can_cancel: bool,
}

/// The status of a task, which renews itself while it moves.
#[derive(Template)]
#[template(path = "tasks/status.html")]
pub(super) struct Status {
    texts: &'static TaskTexts,
    chip: Chip,
    /// Where it is renewed; empty once nothing moves.
    address: String,
    /// Percent; none where it was not asked for.
    progress: Option<u64>,
}

impl TaskTable {
    pub(in crate::pages) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    pub(super) fn of(visit: &Visit, found: &[Value]) -> Self {
        let (texts, address) = (TaskTexts::of(visit.language), visit.path("tasks"));
        Self {
            texts,
            region: visit.region.clone(),
            csrf: visit.csrf.clone(),
            tasks: found.iter().map(|task| Task::read(task, &address, texts, None)).collect(),
        }
    }
}

impl Task {
    /// As DescribeTasks and DescribeTaskAttribute show it. `tasks`: address of all of them.
    pub(super) fn read(found: &Value, tasks: &str, texts: &'static TaskTexts, progress: Option<u64>) -> Self {
        let (id, state) = (text(found, "TaskId"), text(found, "TaskStatus"));
        let address = format!("{tasks}/{id}/status");
        Self {
            kind: kind(found["TaskAction"].as_str().unwrap_or_default(), texts),
            image: image_of(found),
            status: Status {
                texts,
                chip: chip(&state, texts),
                address: if state == "Processing" { address } else { String::new() },
                progress,
            },
            created: Time::of(found, "CreationTime"),
            ended: Time::of(found, "FinishedTime"),
            can_cancel: text(found, "SupportCancel") == "true",
            id,
        }
    }
}

/// The only part of a task.
pub(super) fn operation(task: &Value) -> &Value {
    list(task, "OperationProgressSet", "OperationProgress").first().unwrap_or(&Value::Null)
}

/// The two actions name the image at different places.
fn image_of(task: &Value) -> String {
    let listed = text(task, "ResourceId");
    let related = list(operation(task), "RelatedItemSet", "RelatedItem").first();
    if listed.is_empty() { related.map(|item| text(item, "Value")).unwrap_or_default() } else { listed }
}

pub(super) fn kind(action: &str, texts: &TaskTexts) -> &'static str {
    match action {
        "ImportImage" => texts.import,
        "ExportImage" => texts.export,
        "CopyImage" => texts.copy,
        _ => texts.create,
    }
}

pub(super) fn chip(state: &str, texts: &TaskTexts) -> Chip {
    let (class, words) = match state {
        "Finished" => ("good", texts.finished),
        "Processing" => ("busy", texts.processing),
        _ => ("bad", texts.failed),
    };
    Chip { class, text: words.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Both actions that show a task lead to its image.
    #[test]
    fn a_task_names_its_image() {
        assert_eq!(image_of(&json!({ "ResourceId": "m-1" })), "m-1");
        let related = json!({ "RelatedItemSet": { "RelatedItem": [{ "Name": "ImageId", "Value": "m-2" }] } });
        assert_eq!(image_of(&json!({ "OperationProgressSet": { "OperationProgress": [related] } })), "m-2");
        assert_eq!(image_of(&json!({})), "");
    }
}
