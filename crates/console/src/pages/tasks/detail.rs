//! One task.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::TaskTexts;
use super::task::{Task, operation};
use crate::calls::{Product, Refusal};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{number, text};
use crate::trouble::Trouble;
use crate::visit::{Posted, Visit, rendered};

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

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/tasks/{id}", get(one))
        .route("/tasks/{id}/status", get(moving))
        .route("/tasks/{id}/cancel", post(cancel))
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
    let (part, progress) = (operation(&answer), number(&answer, "TaskProcess"));
    let failure = (text(part, "ErrorCode"), text(part, "ErrorMsg"));
    Ok((Task::read(&answer, &visit.path("tasks"), TaskTexts::of(visit.language), Some(progress)), failure))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;

    /// Why a task failed is text, whatever it holds.
    #[test]
    fn markup_is_shown_as_text() {
        for language in [Language::English, Language::Chinese] {
            let texts = TaskTexts::of(language);
            let found = json!({ "TaskId": "<script>", "TaskStatus": "Failed", "ResourceId": "<script>", "SupportCancel": "true" });
            let task = Task::read(&found, "/tasks", texts, Some(7));
            let failure = ("InvalidImage".to_owned(), "<script>alert(1)</script>".to_owned());
            let page = Detail { shell: Shell::sample(language), texts, task, failure, trouble: None };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>") && html.contains("&#60;script&#62;alert"), "{html}");
        }
    }
}
