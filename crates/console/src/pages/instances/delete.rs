//! Deleting an instance, which asks first: its disks go with it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::Of;
use super::disks::{Disk, disks_of};
use super::instance::{Instance, instance_of};
use crate::calls::{Product, Refusal};
use crate::form::Posted;
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the question.
    DeleteTexts {
        instances: "Instances" | "实例";
        title: "Delete the instance" | "删除实例";
        goes: "The instance and these disks are deleted. What is on them cannot be recovered." | "实例及以下磁盘将被删除，数据无法恢复。";
        runs: "The instance is not stopped: it is ended first, as if its power was cut." | "实例尚未停止，将先被强制断电。";
        protected: "It is protected from deletion. Switch that off on its page first." | "已开启删除保护，请先在实例详情页关闭。";
        sure: "Delete the instance and its disks" | "确认删除实例及其磁盘";
        delete: "Delete" | "删除";
        keep: "Cancel" | "取消";
    }
}

#[derive(Template)]
#[template(path = "instances/delete.html")]
struct Delete {
    shell: Shell,
    texts: &'static DeleteTexts,
    trouble: Option<Trouble>,
    instance: Instance,
    disks: Vec<Disk>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/{id}/delete", get(ask).post(delete))
}

async fn ask(visit: Visit, Path(of): Path<Of>) -> Response {
    shown(&visit, &of.id, None).await
}

async fn delete(Path(of): Path<Of>, posted: Posted) -> Response {
    let visit = &posted.visit;
    // A browser does not send the form without it.
    if !posted.fields.is_on("sure") {
        return shown(visit, &of.id, None).await;
    }
    let parameters = [&[("InstanceId", of.id.as_str())], &*posted.fields.given(&["Force"])].concat();
    match visit.call(Product::Ecs, "DeleteInstance", &parameters).await {
        Ok(_) => visit.go("instances"),
        Err(refusal) => shown(visit, &of.id, Some(&refusal)).await,
    }
}

async fn shown(visit: &Visit, id: &str, refusal: Option<&Refusal>) -> Response {
    let page = look(visit, id, refusal).await;
    visit.answer_found(Section::Instances, page, refusal)
}

async fn look(visit: &Visit, id: &str, refusal: Option<&Refusal>) -> Result<Option<Delete>, Refusal> {
    let Some(instance) = instance_of(visit, id).await? else { return Ok(None) };
    Ok(Some(Delete {
        shell: visit.shell(Section::Instances),
        texts: DeleteTexts::of(visit.language),
        trouble: refusal.map(|refusal| visit.told(refusal)),
        disks: disks_of(visit, id).await?,
        instance,
    }))
}
