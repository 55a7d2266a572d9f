//! Deleting an image: first who uses it, then the deletion.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use super::image::Image;
use super::{Of, found};
use crate::calls::{Product, Refusal};
use crate::form::Posted;
use crate::language::texts;
use crate::pages::own_keys::KeyNames;
use crate::paging::{Numbered, Paging};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{list, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

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
    instances: Result<Users, Trouble>,
    copies: Result<Users, Trouble>,
    trouble: Option<Trouble>,
}

/// What uses it, of one kind.
struct Users {
    /// Ids and names.
    rows: Vec<(String, String)>,
    paging: Paging,
}

impl Delete {
    fn needs_force(&self) -> bool {
        self.image.is_shared || self.image.is_used
    }

    /// Whether nothing uses it. Of what the visitor may not see nobody says so.
    fn is_unused(&self) -> bool {
        let is_none = |users: &Result<Users, Trouble>| users.as_ref().is_ok_and(|users| users.rows.is_empty());
        !self.needs_force() && is_none(&self.instances) && is_none(&self.copies)
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
    let page = look(visit, id, refused.as_ref()).await;
    visit.answer_found(Section::Images, page, refused.as_ref())
}

async fn look(visit: &Visit, id: &str, refused: Option<&Refusal>) -> Result<Option<Delete>, Refusal> {
    let Some(found) = found(visit, id).await? else { return Ok(None) };
    let page = format!("images/{id}/delete");
    let texts = DeleteTexts::of(visit.language);
    let (run, copied) = ([("ImageId", id)], [("Status", "ALL"), ("SourceImageId", id)]);
    let (instances, copies) = tokio::join!(
        users(visit, (&page, texts.instances), ("instances", "DescribeInstances", "Instance"), &run),
        users(visit, (&page, texts.copies), ("copies", "DescribeImages", "Image"), &copied),
    );
    Ok(Some(Delete {
        shell: visit.shell(Section::Images),
        texts,
        image: Image::read(&found, &KeyNames::default(), visit.language),
        instances: instances.map_err(|refusal| visit.told(&refusal)),
        copies: copies.map_err(|refusal| visit.told(&refusal)),
        trouble: refused.map(|refusal| visit.told(refusal)),
    }))
}

/// Who may not see the users may delete all the same: the API refuses what it must. `page`: path of the page, and `title` of this list
/// on it; `name`: of its number in the address; `action`: lists them, and calls one `what`.
async fn users(
    visit: &Visit,
    (page, title): (&str, &str),
    (name, action, what): (&'static str, &'static str, &str),
    filters: &[(&str, &str)],
) -> Result<Users, Refusal> {
    let part = Numbered::asked(visit, name).call(visit, Product::Ecs, action, filters).await?;
    let named = |user: &Value| (text(user, &format!("{what}Id")), text(user, &format!("{what}Name")));
    Ok(Users {
        rows: list(&part.answer, &format!("{what}s"), what).iter().map(named).collect(),
        paging: part.line(visit, title, (page, &[])),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::image::tests::answered;
    use super::*;
    use crate::language::Language;
    use crate::stage::{Stage, refused};

    /// The page says that nothing uses the image only to whoever may see what does.
    #[tokio::test]
    async fn what_is_not_seen_is_not_denied() {
        let texts = DeleteTexts::of(Language::English);
        for (may_see, wanted) in [(true, texts.nobody), (false, texts.instances)] {
            let stage = Stage::open(move |action, parameters| match action {
                "DescribeInstances" if !may_see => Err(refused("NoPermission")),
                "DescribeImages" if parameters.contains_key("ImageId") => {
                    Ok(json!({ "Images": { "Image": [answered()] }, "TotalCount": 1 }))
                }
                _ => Ok(json!({ "TotalCount": 0 })),
            });
            let page = stage.await.get("images/m-1/delete").await;
            assert_eq!(page.html.contains(texts.nobody), may_see, "{}", page.html);
            assert!(page.html.contains(wanted) && page.html.contains("NoPermission") != may_see, "{}", page.html);
        }
    }
}
