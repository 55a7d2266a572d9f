//! Another system disk for an instance, from another image or under another key.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::Of;
use super::choices::{Choices, images};
use super::disk_fields::{DiskFields, DiskTexts, Keys};
use super::instance::{Instance, instance_of};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the form.
    ReplaceTexts {
        instances: "Instances" | "实例";
        title: "Replace the system disk" | "更换系统盘";
        about: "The system disk is made anew from an image. What is on it now is lost; data disks stay." | "系统盘将由镜像重新创建，现有内容将丢失，数据盘不受影响。";
        image: "Image" | "镜像";
        disk: "New system disk" | "新系统盘";
        sure: "Throw away the present system disk" | "确认丢弃当前系统盘";
        replace: "Replace" | "更换";
        keep: "Cancel" | "取消";
    }
}

#[derive(Template)]
#[template(path = "instances/replace.html")]
struct Replace {
    shell: Shell,
    texts: &'static ReplaceTexts,
    trouble: Option<Trouble>,
    instance: Instance,
    images: Choices,
    disk: DiskFields,
    keys: Keys,
    disk_texts: &'static DiskTexts,
    token: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/{id}/system-disk", get(form).post(replace))
}

async fn form(visit: Visit, Path(of): Path<Of>) -> Response {
    shown(&visit, &of.id, &Fields::default(), None).await
}

async fn replace(Path(of): Path<Of>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    // A browser does not send the form without it.
    if !fields.is_on("sure") {
        return shown(&visit, &of.id, &fields, None).await;
    }
    let disk = DiskFields::of_replacement(&fields, String::new());
    let mut parameters = vec![("InstanceId", of.id.as_str())];
    parameters.extend(fields.given(&["ImageId", "ClientToken"]));
    parameters.extend(disk.parameters());
    match visit.call(Product::Ecs, "ReplaceSystemDisk", &parameters).await {
        Ok(_) => visit.go(format!("instances/{}", of.id)),
        Err(refusal) => shown(&visit, &of.id, &fields, Some(&refusal)).await,
    }
}

async fn shown(visit: &Visit, id: &str, fields: &Fields, refusal: Option<&Refusal>) -> Response {
    let page = look(visit, id, fields, refusal).await;
    visit.answer_found(Section::Instances, page, refusal)
}

async fn look(visit: &Visit, id: &str, fields: &Fields, refusal: Option<&Refusal>) -> Result<Option<Replace>, Refusal> {
    let Some(instance) = instance_of(visit, id).await? else { return Ok(None) };
    let texts = ReplaceTexts::of(visit.language);
    let chosen = match fields.get("ImageId") {
        "" => &instance.image,
        chosen => chosen,
    };
    let (images, keys) = tokio::join!(images(visit, chosen), Keys::of(visit));
    Ok(Some(Replace {
        shell: visit.shell(Section::Instances),
        texts,
        trouble: refusal.map(|refusal| visit.told(refusal)),
        images: images?,
        disk: DiskFields::of_replacement(fields, texts.disk.to_owned()),
        keys,
        disk_texts: DiskTexts::of(visit.language),
        token: visit.form_token(fields),
        instance,
    }))
}
