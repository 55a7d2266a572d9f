//! A task as the pages show it, and a table of such.

use askama::Template;
use serde_json::Value;

use super::TaskTexts;
use crate::shown::{Chip, Time, list, number, text};
use crate::visit::Visit;

/// One task.
pub(super) struct Task {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) image: String,
    pub(super) chip: Chip,
    /// Percent; none where it is not told.
    pub(super) progress: Option<u64>,
    pub(super) created: Time,
    pub(super) ended: Time,
    pub(super) can_cancel: bool,
    /// Whether it is still in progress.
    pub(super) moves: bool,
}

/// Tasks as a table, also on the page of their image. It renews itself while one of them moves.
#[derive(Template)]
#[template(path = "tasks/table.html")]
pub(in crate::pages) struct TaskTable {
    texts: &'static TaskTexts,
    region: String,
    csrf: String,
    tasks: Vec<Task>,
    /// Where it is renewed; empty once nothing moves.
    address: String,
}

impl TaskTable {
    /// The tasks of an answer of DescribeTasks. `address`: of the table alone.
    pub(super) fn of(visit: &Visit, found: &[Value], address: String) -> Self {
        let texts = TaskTexts::of(visit.language);
        let row = |found| {
            let task = Task::read(found, texts);
            // What is over is over, in a table.
            Task { progress: task.progress.filter(|_| task.moves), ..task }
        };
        let tasks: Vec<Task> = found.iter().map(row).collect();
        let moves = tasks.iter().any(|task| task.moves);
        let address = if moves { address } else { String::new() };
        Self { texts, region: visit.region.clone(), csrf: visit.csrf.clone(), tasks, address }
    }

    pub(in crate::pages) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }
}

impl Task {
    /// As DescribeTasks and DescribeTaskAttribute show it.
    pub(super) fn read(found: &Value, texts: &TaskTexts) -> Self {
        let state = text(found, "TaskStatus");
        Self {
            id: text(found, "TaskId"),
            kind: kind(found["TaskAction"].as_str().unwrap_or_default(), texts),
            image: image_of(found),
            chip: chip(&state, texts),
            progress: found["TaskProcess"].is_string().then(|| number(found, "TaskProcess")),
            created: Time::of(found, "CreationTime"),
            ended: Time::of(found, "FinishedTime"),
            can_cancel: text(found, "SupportCancel") == "true",
            moves: state == "Processing",
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
