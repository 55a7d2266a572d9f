//! One task.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::TaskTexts;
use super::task::{Task, operation};
use crate::calls::{Product, Refusal};
use crate::form::Posted;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::trouble::Trouble;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "tasks/detail.html")]
struct Detail {
    shell: Shell,
    texts: &'static TaskTexts,
    live: Live,
    trouble: Option<Trouble>,
}

/// The part that changes while the task goes on.
#[derive(Template)]
#[template(path = "tasks/live.html")]
struct Live {
    texts: &'static TaskTexts,
    region: String,
    csrf: String,
    task: Task,
    /// Code and words of one that failed.
    failure: (String, String),
}

/// The task of a path.
#[derive(Deserialize)]
struct Of {
    id: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/tasks/{id}", get(one))
        .route("/tasks/{id}/live", get(live))
        .route("/tasks/{id}/cancel", post(cancel))
}

async fn one(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, None).await
}

async fn live(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    let page = found(&visit, &id).await;
    visit.show(Section::Tasks, page)
}

async fn cancel(Path(Of { id }): Path<Of>, Posted { visit, .. }: Posted) -> Response {
    match visit.call(Product::Ecs, "CancelTask", &[("TaskId", &id)]).await {
        Ok(_) => visit.go(format!("tasks/{id}")),
        Err(refusal) => show(&visit, &id, Some(refusal)).await,
    }
}

async fn show(visit: &Visit, id: &str, refused: Option<Refusal>) -> Response {
    let page = found(visit, id).await.map(|live| Detail {
        shell: visit.shell(Section::Tasks),
        texts: TaskTexts::of(visit.language),
        live,
        trouble: refused.as_ref().map(|refusal| visit.told(refusal)),
    });
    visit.answer(Section::Tasks, page, refused.as_ref())
}

async fn found(visit: &Visit, id: &str) -> Result<Live, Refusal> {
    let answer = visit.call(Product::Ecs, "DescribeTaskAttribute", &[("TaskId", id)]).await?;
    let (part, texts) = (operation(&answer), TaskTexts::of(visit.language));
    Ok(Live {
        texts,
        region: visit.region.clone(),
        csrf: visit.csrf.clone(),
        task: Task::read(&answer, texts),
        failure: (text(part, "ErrorCode"), text(part, "ErrorMsg")),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;

    fn page(found: &serde_json::Value, language: Language) -> String {
        let texts = TaskTexts::of(language);
        let failure = ("InvalidImage".to_owned(), "<script>alert(1)</script>".to_owned());
        let (region, csrf) = ("cn-hangzhou".to_owned(), String::new());
        let live = Live { texts, region, csrf, task: Task::read(found, texts), failure };
        Detail { shell: Shell::sample(language), texts, live, trouble: None }.render().unwrap()
    }

    /// Why a task failed is text, whatever it holds.
    #[test]
    fn markup_is_shown_as_text() {
        let found =
            json!({ "TaskId": "<script>", "TaskStatus": "Failed", "ResourceId": "<script>", "SupportCancel": "true" });
        for language in [Language::English, Language::Chinese] {
            let html = page(&found, language);
            assert!(!html.contains("<script>") && html.contains("&#60;script&#62;alert"), "{html}");
        }
    }

    /// Only what moves is asked for again.
    #[test]
    fn what_is_over_keeps_still() {
        for (state, is_live) in [("Processing", true), ("Finished", false), ("Failed", false)] {
            let found = json!({ "TaskId": "t-1", "TaskStatus": state, "TaskProcess": "7%" });
            let html = page(&found, Language::English);
            assert_eq!(html.contains("data-live=\"/console/cn-hangzhou/tasks/t-1/live\""), is_live, "{state}");
            assert!(html.contains("7 %"), "{html}");
        }
    }
}
