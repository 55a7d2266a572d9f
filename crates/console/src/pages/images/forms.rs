//! The forms of an image's page: name and description, tags, sharing, and ending its making.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;
use serde_json::Value;

use super::detail::{Failed, show};
use super::image::is_unfinished;
use super::{Of, found};
use crate::calls::{Product, Refusal};
use crate::form::Posted;
use crate::pages::tasks;
use crate::shared::Shared;
use crate::shown::text;
use crate::visit::Visit;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/images/{id}/edit", post(edit))
        .route("/images/{id}/tag", post(tag))
        .route("/images/{id}/untag", post(untag))
        .route("/images/{id}/share", post(share))
        .route("/images/{id}/unshare", post(unshare))
        .route("/images/{id}/cancel", post(cancel))
}

async fn edit(Path(Of { id }): Path<Of>, posted: Posted) -> Response {
    let given = posted.fields.given(&["ImageName", "Description"]);
    let parameters = [&[("ImageId", id.as_str())], &given[..]].concat();
    let done = send(&posted.visit, "ModifyImageAttribute", &parameters).await;
    back(posted, &id, "edit", done).await
}

async fn tag(Path(Of { id }): Path<Of>, posted: Posted) -> Response {
    let tag = [("Tag.1.Key", posted.fields.get("Key")), ("Tag.1.Value", posted.fields.get("Value"))];
    let done = send(&posted.visit, "TagResources", &[&of_image(&id)[..], &tag].concat()).await;
    back(posted, &id, "tags", done).await
}

async fn untag(Path(Of { id }): Path<Of>, posted: Posted) -> Response {
    // As it stands: a key may have blanks around it.
    let key = [("TagKey.1", posted.fields.exact("Key"))];
    let done = send(&posted.visit, "UntagResources", &[&of_image(&id)[..], &key].concat()).await;
    back(posted, &id, "tags", done).await
}

async fn share(Path(Of { id }): Path<Of>, posted: Posted) -> Response {
    let parameters = [("ImageId", id.as_str()), ("AddAccount.1", posted.fields.get("Account"))];
    let done = send(&posted.visit, "ModifyImageSharePermission", &parameters).await;
    back(posted, &id, "sharing", done).await
}

async fn unshare(Path(Of { id }): Path<Of>, posted: Posted) -> Response {
    let parameters = [("ImageId", id.as_str()), ("RemoveAccount.1", posted.fields.get("Account"))];
    let done = send(&posted.visit, "ModifyImageSharePermission", &parameters).await;
    back(posted, &id, "sharing", done).await
}

/// The image is gone afterwards. One that is made by now is not deleted unasked: the page may be old, and the button on it.
async fn cancel(Path(Of { id }): Path<Of>, posted: Posted) -> Response {
    let visit = &posted.visit;
    let ended = match found(visit, &id).await {
        Ok(None) => return visit.not_found(),
        Ok(Some(image)) if !is_unfinished(&text(&image, "Status")) => return visit.go(format!("images/{id}/delete")),
        Ok(Some(image)) => end(visit, &id, &image).await,
        Err(refusal) => Err(refusal),
    };
    match ended {
        Ok(()) => visit.go("images"),
        refused => back(posted, &id, "cancel", refused).await,
    }
}

/// Ends the making of an image that was `found` unfinished, by the action that ends its kind.
async fn end(visit: &Visit, id: &str, found: &Value) -> Result<(), Refusal> {
    let image = [("ImageId", id)];
    if found["IsCopied"] == true {
        return send(visit, "CancelCopyImage", &image).await;
    }
    match tasks::that_can_be_cancelled(visit, id).await? {
        Some(task) => send(visit, "CancelTask", &[("TaskId", &task)]).await,
        // One that is made of an instance is not made when it is deleted. The API has no other way, and none that refuses one that was
        // finished since it was found.
        None => send(visit, "DeleteImage", &image).await,
    }
}

fn of_image(id: &str) -> [(&str, &str); 2] {
    [("ResourceType", "image"), ("ResourceId.1", id)]
}

async fn send(visit: &Visit, action: &'static str, parameters: &[(&str, &str)]) -> Result<(), Refusal> {
    visit.call(Product::Ecs, action, parameters).await.map(drop)
}

/// Back to the page, to the part with the form; a refusal stands there.
async fn back(posted: Posted, id: &str, part: &'static str, done: Result<(), Refusal>) -> Response {
    let Posted { visit, fields } = posted;
    match done {
        Ok(()) => visit.go(format!("images/{id}#{part}")),
        Err(refusal) => {
            let failed = Failed::new(part, fields, &refusal, visit.language);
            show(&visit, id, Some(failed)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::stage::Stage;

    /// "Cancel" ends what is being made, by the action of its kind. Of an image that is finished by now it deletes nothing, and leads to the
    /// question.
    #[tokio::test]
    async fn cancel_deletes_no_finished_image() {
        let question = "images/m-1/delete";
        for (status, is_copied, has_task, wanted, to) in [
            ("Creating", true, false, Some("CancelCopyImage ImageId=m-1"), "images"),
            ("Waiting", false, true, Some("CancelTask TaskId=t-1"), "images"),
            ("Creating", false, false, Some("DeleteImage ImageId=m-1"), "images"),
            ("Available", false, false, None, question),
            ("Available", true, false, None, question),
            ("CreateFailed", false, true, None, question),
        ] {
            let image = json!({ "ImageId": "m-1", "Status": status, "IsCopied": is_copied });
            let task = json!({ "TaskId": "t-1", "SupportCancel": has_task.to_string() });
            let answer = move |action: &str| match action {
                "DescribeImages" => json!({ "Images": { "Image": [image] } }),
                "DescribeTasks" => json!({ "TaskSet": { "Task": [task] } }),
                _ => json!({}),
            };
            let stage = Stage::open(move |action, _| Ok(answer(action))).await;
            assert_eq!(stage.post("images/m-1/cancel", &[]).await.to, to, "{status}");
            let done = stage.asked().into_iter().find(|asked| !asked.starts_with("Describe"));
            assert_eq!(done.as_deref(), wanted, "{status}");
        }
    }
}
