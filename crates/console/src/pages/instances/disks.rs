//! The disks of an instance, and how one begins again.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;

use super::instance::{Instance, instance_of};
use crate::calls::{Product, Refusal};
use crate::form::Posted;
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{bytes, list, number, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the question.
    ResetTexts {
        instances: "Instances" | "实例";
        title: "Reset the disk" | "重新初始化磁盘";
        goes: "The disk becomes what it was when it was made, under the same key. Everything written since then is lost." | "磁盘将恢复到创建时的内容，仍由同一密钥加密。此后写入的数据将全部丢失。";
        sure: "Throw away what was written" | "确认丢弃写入的数据";
        reset: "Reset" | "重新初始化";
        keep: "Cancel" | "取消";
    }
}

/// What DescribeDisks says of one.
pub(super) struct Disk {
    pub(super) id: String,
    pub(super) device: String,
    pub(super) is_system: bool,
    pub(super) size: String,
    /// Empty for a plain disk.
    pub(super) key: String,
    /// Image that it was made from; empty where there is none.
    pub(super) image: String,
    pub(super) snapshot: String,
}

#[derive(Template)]
#[template(path = "instances/reset.html")]
struct Reset {
    shell: Shell,
    texts: &'static ResetTexts,
    trouble: Option<Trouble>,
    instance: Instance,
    disk: Disk,
}

/// A disk of a path.
#[derive(Deserialize)]
struct OfDisk {
    id: String,
    disk: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/{id}/disks/{disk}/reset", get(ask).post(reset))
}

/// The disks of an instance, the system disk first.
pub(super) async fn disks_of(visit: &Visit, instance: &str) -> Result<Vec<Disk>, Refusal> {
    // An instance has 17 at most.
    let answer = visit.call(Product::Ecs, "DescribeDisks", &[("InstanceId", instance), ("PageSize", "100")]).await?;
    let mut disks: Vec<Disk> = list(&answer, "Disks", "Disk").iter().map(disk).collect();
    disks.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(disks)
}

fn disk(found: &Value) -> Disk {
    let field = |name| text(found, name);
    Disk {
        id: field("DiskId"),
        device: field("Device"),
        is_system: found["Type"] == "system",
        size: bytes(number(&found["Reseal"], "VirtualBytes")),
        key: field("KMSKeyId"),
        image: field("ImageId"),
        snapshot: field("SourceSnapshotId"),
    }
}

async fn ask(visit: Visit, Path(of): Path<OfDisk>) -> Response {
    shown(&visit, &of, None).await
}

async fn reset(Path(of): Path<OfDisk>, posted: Posted) -> Response {
    let visit = &posted.visit;
    // A browser does not send the form without it.
    if !posted.fields.is_on("sure") {
        return shown(visit, &of, None).await;
    }
    match visit.call(Product::Ecs, "ReInitDisk", &[("DiskId", &of.disk)]).await {
        Ok(_) => visit.go(format!("instances/{}", of.id)),
        Err(refusal) => shown(visit, &of, Some(&refusal)).await,
    }
}

async fn shown(visit: &Visit, of: &OfDisk, refusal: Option<&Refusal>) -> Response {
    let page = look(visit, of, refusal).await;
    visit.answer_found(Section::Instances, page, refusal)
}

async fn look(visit: &Visit, of: &OfDisk, refusal: Option<&Refusal>) -> Result<Option<Reset>, Refusal> {
    let Some(instance) = instance_of(visit, &of.id).await? else { return Ok(None) };
    let disk = disks_of(visit, &of.id).await?.into_iter().find(|disk| disk.id == of.disk);
    Ok(disk.map(|disk| Reset {
        shell: visit.shell(Section::Instances),
        texts: ResetTexts::of(visit.language),
        trouble: refusal.map(|refusal| visit.told(refusal)),
        instance,
        disk,
    }))
}
