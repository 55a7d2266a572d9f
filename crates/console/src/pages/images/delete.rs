//! Deleting an image: first who uses it, then the deletion.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use super::image::Image;
use super::{Of, found};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::pages::own_keys::KeyNames;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::trouble::Trouble;
use crate::visit::{Posted, Visit, rendered};

texts! {
    /// Texts of the question.
    DeleteTexts {
        title: "Delete image" | "删除镜像";
        images: "Images" | "镜像";
        about: "The image is gone for good. Copies of it and instances that run from it keep what they have." | "镜像将被永久删除。它的副本以及由它创建的实例不受影响。";
        users: "What uses it" | "使用情况";
        instances: "Instances with disks of it" | "使用此镜像的实例";
        copies: "Copies of it in this region" | "本地域中由其复制的镜像";
        shared: "It is shared with other accounts." | "此镜像已共享给其他账号。";
        nobody: "Nothing uses it." | "没有任何使用者。";
        force: "Delete it although it is shared or used by instances" | "即使已共享或被实例使用也要删除（强制删除）";
        delete: "Delete for good" | "永久删除";
        keep: "Cancel" | "取消";
    }
}

#[derive(Template)]
#[template(path = "images/delete.html")]
struct Delete {
    shell: Shell,
    texts: &'static DeleteTexts,
    image: Image,
    /// Ids and names.
    instances: Vec<(String, String)>,
    copies: Vec<(String, String)>,
    trouble: Option<Trouble>,
}

impl Delete {
    fn needs_force(&self) -> bool {
        self.image.is_shared || !self.instances.is_empty()
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/images/{id}/delete", get(question).post(delete))
}

async fn question(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, None).await
}

async fn delete(Path(Of { id }): Path<Of>, Posted { visit, fields }: Posted) -> Response {
    let force = if fields.is_on("Force") { "true" } else { "false" };
    match visit.call(Product::Ecs, "DeleteImage", &[("ImageId", &id), ("Force", force)]).await {
        Ok(_) => visit.go("images"),
        Err(refusal) => show(&visit, &id, Some(refusal)).await,
    }
}

async fn show(visit: &Visit, id: &str, refused: Option<Refusal>) -> Response {
    match look(visit, id, refused.as_ref()).await {
        Ok(Some(page)) => rendered(refused.as_ref().map_or(StatusCode::OK, Refusal::http_status), &page),
        Ok(None) => visit.not_found(),
        Err(refusal) => visit.trouble(Section::Images, &refusal),
    }
}

async fn look(visit: &Visit, id: &str, refused: Option<&Refusal>) -> Result<Option<Delete>, Refusal> {
    let Some(found) = found(visit, id).await? else { return Ok(None) };
    let named = |value: &Value, id, name| (text(value, id), text(value, name));
    // Who may not see the users may delete all the same: the API refuses what it must.
    let users = visit.all(Product::Ecs, "DescribeInstances", &[("ImageId", id)], ("Instances", "Instance")).await;
    let images = visit.all(Product::Ecs, "DescribeImages", &[("Status", "ALL")], ("Images", "Image")).await?;
    let copies = images.iter().filter(|image| image["Reseal"]["SourceImageId"] == id);
    Ok(Some(Delete {
        shell: visit.shell(Section::Images),
        texts: DeleteTexts::of(visit.language),
        image: Image::read(&found, &KeyNames::default(), visit.language),
        instances: users.unwrap_or_default().iter().map(|user| named(user, "InstanceId", "InstanceName")).collect(),
        copies: copies.map(|copy| named(copy, "ImageId", "ImageName")).collect(),
        trouble: refused.map(|refusal| Trouble::new(refusal, visit.language)),
    }))
}
