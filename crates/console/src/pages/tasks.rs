//! Tasks: what the server makes after a call was answered.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::{Language, texts};
use crate::paging::{Paging, page_number};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Choice, Chip, Time, choices, list, number, text};
use crate::trouble::Trouble;
use crate::visit::{Posted, Visit, rendered};

texts! {
    /// Texts of the tasks.
    TaskTexts {
        title: "Tasks" | "任务";
        about: "What the server makes after it has answered: imports, exports, copies, images of instances." | "服务器在后台执行的操作：导入、导出、复制镜像以及由实例创建镜像。";
        kind: "Kind" | "类型";
        imports_and_exports: "Imports and exports" | "导入与导出";
        import: "Import of an image" | "导入镜像";
        export: "Export of an image" | "导出镜像";
        copy: "Copy of an image" | "复制镜像";
        create: "Image of an instance" | "由实例创建镜像";
        status: "Status" | "状态";
        any: "Any" | "全部";
        processing: "In progress" | "进行中";
        finished: "Finished" | "已完成";
        failed: "Failed or cancelled" | "失败或已取消";
        filter: "Filter" | "筛选";
        id: "Task ID" | "任务 ID";
        image: "Image" | "镜像";
        created: "Begun" | "开始时间";
        ended: "Ended" | "结束时间";
        actions: "Actions" | "操作";
        cancel: "Cancel" | "取消任务";
        progress: "Progress" | "进度";
        failure: "Why it failed" | "失败原因";
        none: "No tasks of this kind" | "没有此类任务";
        none_about: "Import an image, or copy one: what the server does for it is followed here." | "导入或复制镜像后，可在此查看服务器的执行进度。";
        first: "Import an image" | "导入镜像";
    }
}

/// Kinds that are listed when they are asked for by name; imports and exports are when none is.
const KINDS: [&str; 2] = ["CopyImage", "CreateImage"];
const STATUSES: [&str; 3] = ["Processing", "Finished", "Failed"];

const PAGE_SIZE: u64 = 20;

#[derive(Template)]
#[template(path = "tasks/list.html")]
struct Tasks {
    shell: Shell,
    texts: &'static TaskTexts,
    kinds: Vec<Choice>,
    statuses: Vec<Choice>,
    table: TaskTable,
    paging: Paging,
}

/// Tasks as a table, also on the page of their image.
#[derive(Template)]
#[template(path = "tasks/table.html")]
pub(super) struct TaskTable {
    texts: &'static TaskTexts,
    region: String,
    csrf: String,
    tasks: Vec<Task>,
}

struct Task {
    id: String,
    kind: &'static str,
    image: String,
    status: Status,
    created: Time,
    ended: Time,
    can_cancel: bool,
}

/// The status of a task, which renews itself while it moves.
#[derive(Template)]
#[template(path = "tasks/status.html")]
struct Status {
    texts: &'static TaskTexts,
    chip: Chip,
    /// Where it is renewed; empty once nothing moves.
    address: String,
    /// Percent; none where it was not asked for.
    progress: Option<u64>,
}

#[derive(Template)]
#[template(path = "tasks/detail.html")]
struct Detail {
    shell: Shell,
    texts: &'static TaskTexts,
    task: Task,
    /// Code and words of one that failed.
    failure: (String, String),
    trouble: Option<Trouble>,
}

/// The task of a path.
#[derive(Deserialize)]
struct Of {
    id: String,
}

impl TaskTable {
    pub(super) fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn of(visit: &Visit, found: &[Value]) -> Self {
        Self {
            texts: TaskTexts::of(visit.language),
            region: visit.region.clone(),
            csrf: visit.csrf.clone(),
            tasks: found.iter().map(|task| Task::read(task, visit, None)).collect(),
        }
    }
}

impl Task {
    /// As DescribeTasks and DescribeTaskAttribute show it.
    fn read(found: &Value, visit: &Visit, progress: Option<u64>) -> Self {
        let texts = TaskTexts::of(visit.language);
        let (id, state) = (text(found, "TaskId"), text(found, "TaskStatus"));
        let address = visit.path(format!("tasks/{id}/status"));
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

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/tasks", get(all))
        .route("/tasks/{id}", get(one))
        .route("/tasks/{id}/status", get(moving))
        .route("/tasks/{id}/cancel", post(cancel))
}

/// The tasks of an image, the newest first.
pub(super) async fn of_image(visit: &Visit, image: &str) -> Result<TaskTable, Refusal> {
    let mut found = Vec::new();
    for kind in ["", KINDS[0], KINDS[1]] {
        let mut wanted = vec![("ResourceIds.1", image), ("PageSize", "20")];
        if !kind.is_empty() {
            wanted.push(("TaskAction", kind));
        }
        let answer = visit.call(Product::Ecs, "DescribeTasks", &wanted).await?;
        found.extend_from_slice(list(&answer, "TaskSet", "Task"));
    }
    found.sort_by_key(|task| std::cmp::Reverse(text(task, "CreationTime")));
    Ok(TaskTable::of(visit, &found))
}

/// The task of an image that CancelTask ends, if one runs.
pub(super) async fn that_can_be_cancelled(visit: &Visit, image: &str) -> Result<Option<String>, Refusal> {
    let wanted = [("ResourceIds.1", image), ("TaskStatus", "Processing")];
    let answer = visit.call(Product::Ecs, "DescribeTasks", &wanted).await?;
    let mut tasks = list(&answer, "TaskSet", "Task").iter();
    Ok(tasks.find(|task| text(task, "SupportCancel") == "true").map(|task| text(task, "TaskId")))
}

async fn all(visit: Visit) -> Response {
    let page = look(&visit).await;
    visit.show(Section::Tasks, page)
}

async fn look(visit: &Visit) -> Result<Tasks, Refusal> {
    let texts = TaskTexts::of(visit.language);
    let query = visit.query();
    let page = page_number(query.get("page"));
    let given = query.given(&["TaskAction", "TaskStatus"]);
    let (page_text, size) = (page.to_string(), PAGE_SIZE.to_string());
    let paging = [("PageNumber", page_text.as_str()), ("PageSize", size.as_str())];
    let answer = visit.call(Product::Ecs, "DescribeTasks", &[&given[..], &paging].concat()).await?;
    let (address, total) = (visit.path("tasks"), number(&answer, "TotalCount"));
    let kinds = KINDS.map(|action| (action, kind(action, texts)));
    let words = STATUSES.map(|state| (state, chip(state, texts).text));
    let statuses = words.iter().map(|(state, words)| (*state, words.as_str()));
    Ok(Tasks {
        shell: visit.shell(Section::Tasks),
        texts,
        kinds: choices([("", texts.imports_and_exports)].into_iter().chain(kinds), query.get("TaskAction")),
        statuses: choices([("", texts.any)].into_iter().chain(statuses), query.get("TaskStatus")),
        table: TaskTable::of(visit, list(&answer, "TaskSet", "Task")),
        paging: Paging::numbered(visit.language, (&address, &given), ("page", page), PAGE_SIZE, total),
    })
}

async fn one(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, None).await
}

async fn moving(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    let page = found(&visit, &id).await.map(|(task, _)| task.status);
    visit.show(Section::Tasks, page)
}

async fn cancel(Path(Of { id }): Path<Of>, Posted { visit, .. }: Posted) -> Response {
    match visit.call(Product::Ecs, "CancelTask", &[("TaskId", &id)]).await {
        Ok(_) => visit.go(format!("tasks/{id}")),
        Err(refusal) => show(&visit, &id, Some(refusal)).await,
    }
}

async fn show(visit: &Visit, id: &str, refused: Option<Refusal>) -> Response {
    let page = found(visit, id).await.map(|(task, failure)| Detail {
        shell: visit.shell(Section::Tasks),
        texts: TaskTexts::of(visit.language),
        task,
        failure,
        trouble: refused.as_ref().map(|refusal| Trouble::new(refusal, visit.language)),
    });
    match page {
        Ok(page) => rendered(refused.as_ref().map_or(StatusCode::OK, Refusal::http_status), &page),
        Err(refusal) => visit.trouble(Section::Tasks, &refusal),
    }
}

/// A task with its progress; code and words of what made it fail.
async fn found(visit: &Visit, id: &str) -> Result<(Task, (String, String)), Refusal> {
    let answer = visit.call(Product::Ecs, "DescribeTaskAttribute", &[("TaskId", id)]).await?;
    let part = operation(&answer);
    let failure = (text(part, "ErrorCode"), text(part, "ErrorMsg"));
    Ok((Task::read(&answer, visit, Some(number(&answer, "TaskProcess"))), failure))
}

/// The only part of a task.
fn operation(task: &Value) -> &Value {
    list(task, "OperationProgressSet", "OperationProgress").first().unwrap_or(&Value::Null)
}

/// The two actions name the image at different places.
fn image_of(task: &Value) -> String {
    let listed = text(task, "ResourceId");
    let related = list(operation(task), "RelatedItemSet", "RelatedItem").first();
    if listed.is_empty() { related.map(|item| text(item, "Value")).unwrap_or_default() } else { listed }
}

fn kind(action: &str, texts: &TaskTexts) -> &'static str {
    match action {
        "ImportImage" => texts.import,
        "ExportImage" => texts.export,
        "CopyImage" => texts.copy,
        _ => texts.create,
    }
}

fn chip(state: &str, texts: &TaskTexts) -> Chip {
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

    /// Why a task failed is text, whatever it holds.
    #[test]
    fn markup_is_shown_as_text() {
        for language in [Language::English, Language::Chinese] {
            let texts = TaskTexts::of(language);
            let status = Status { texts, chip: chip("Failed", texts), address: String::new(), progress: Some(7) };
            let none = Time::default;
            let id = "<script>".to_owned();
            let task = Task { image: id.clone(), id, kind: texts.import, status, created: none(), ended: none(), can_cancel: true };
            let failure = ("InvalidImage".to_owned(), "<script>alert(1)</script>".to_owned());
            let page = Detail { shell: Shell::sample(language), texts, task, failure, trouble: None };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>") && html.contains("&#60;script&#62;alert"), "{html}");
        }
    }
}
