//! One instance: what it is, why it does not start, what can be done with it, its disks.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::Of;
use super::console::{Console, console_of};
use super::disks::{Disk, disks_of};
use super::instance::{Instance, instance_of};
use crate::calls::Refusal;
use crate::form::Fields;
use crate::language::texts;
use crate::pages::own_keys::KeyNames;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the page of an instance.
    DetailTexts {
        instances: "Instances" | "实例";
        start: "Start" | "启动";
        stop: "Stop" | "停止";
        stop_hint: "Presses the power button; the guest has time to shut down" | "按下电源键，等待客户机关机";
        stop_hard: "Force stop" | "强制停止";
        stop_hard_hint: "Cuts the power: what the guest has not written yet is lost" | "直接断电，客户机尚未写入的数据将丢失";
        reboot: "Reboot" | "重启";
        reset: "Force reboot" | "强制重启";
        delete: "Delete" | "删除";
        make_image: "Create an image" | "创建自定义镜像";
        does_not_start: "This instance cannot be started: its key does not work." | "密钥不可用，实例无法启动。";
        goes_on: "This instance goes on, but cannot be started again: its key does not work." | "实例仍在运行，但密钥不可用，停止后将无法再次启动。";
        key: "Key" | "密钥";
        key_state: "state" | "状态";
        key_gone: "does not exist any more" | "已不存在";
        heal: "It starts again as soon as the key can be used." | "密钥恢复可用后，实例即可启动。";
        stopped_because: "It stopped by itself:" | "实例异常停止：";
        facts: "Details" | "基本信息";
        image: "Image" | "镜像";
        kind: "Type" | "规格";
        encryption: "Encryption" | "加密";
        address: "Address" | "地址";
        forwards: "Forwarded ports" | "端口转发";
        key_pair: "Key pair" | "密钥对";
        protection: "Deletion protection" | "删除保护";
        protected: "On" | "已开启";
        not_protected: "Off" | "未开启";
        created: "Created" | "创建时间";
        started: "Last start" | "最近启动";
        disks: "Disks" | "磁盘";
        disk: "Disk" | "磁盘";
        use_of_disk: "Use" | "类型";
        system: "System disk" | "系统盘";
        data: "Data disk" | "数据盘";
        size: "Size" | "容量";
        made_from: "Made from" | "来源";
        service_or_own: "Under key" | "加密密钥";
        plain: "Not encrypted" | "未加密";
        reset_disk: "Reset" | "重新初始化";
        replace: "Replace the system disk" | "更换系统盘";
        stop_first: "Disks can be changed while the instance is stopped." | "实例停止后才能更换或重新初始化磁盘。";
        change: "Name, description and protection" | "名称、描述与保护";
        name: "Name" | "名称";
        description: "Description" | "描述";
        save: "Save" | "保存";
        gone: "This instance does not exist any more." | "该实例已不存在。";
    }
}

#[derive(Template)]
#[template(path = "instances/detail.html")]
struct Detail {
    shell: Shell,
    texts: &'static DetailTexts,
    trouble: Option<Trouble>,
    status: Status,
    console: Console,
    disks: Vec<Disk>,
    key_names: KeyNames,
    form: ChangeForm,
}

/// What can be changed: as it is, or as it was typed.
#[derive(Debug, Clone)]
pub(super) struct ChangeForm {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) is_protected: bool,
}

impl ChangeForm {
    pub(super) fn typed(fields: &Fields) -> Self {
        Self {
            name: fields.get("InstanceName").to_owned(),
            description: fields.get("Description").to_owned(),
            is_protected: fields.is_on("DeletionProtection"),
        }
    }

    fn stored(instance: &Instance) -> Self {
        Self {
            name: instance.name.clone(),
            description: instance.description.clone(),
            is_protected: instance.is_protected,
        }
    }
}

/// State, actions and facts, as a part of the page that renews itself.
#[derive(Template)]
#[template(path = "instances/status.html")]
struct Status {
    texts: &'static DetailTexts,
    region: String,
    csrf: String,
    instance: Instance,
}

/// In the place of a part of a page whose instance was deleted meanwhile.
#[derive(Template)]
#[template(path = "instances/gone.html")]
struct Gone {
    texts: &'static DetailTexts,
    /// Address of the list.
    address: String,
}

impl Status {
    /// Address of the instance's page, below which its actions are.
    fn address(&self) -> String {
        format!("/console/{}/instances/{}", self.region, self.instance.id)
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/{id}", get(detail)).route("/instances/{id}/status", get(status))
}

async fn detail(visit: Visit, Path(of): Path<Of>) -> Response {
    shown(&visit, &of.id, None, None).await
}

/// The page after an action was refused, with the reason on it, and what was typed.
pub(super) async fn refused(visit: &Visit, id: &str, refusal: &Refusal, typed: Option<&ChangeForm>) -> Response {
    shown(visit, id, Some(refusal), typed).await
}

async fn shown(visit: &Visit, id: &str, refusal: Option<&Refusal>, typed: Option<&ChangeForm>) -> Response {
    let page = look(visit, id, refusal, typed).await;
    visit.answer_found(Section::Instances, page, refusal)
}

async fn look(
    visit: &Visit,
    id: &str,
    refusal: Option<&Refusal>,
    typed: Option<&ChangeForm>,
) -> Result<Option<Detail>, Refusal> {
    let Some(instance) = instance_of(visit, id).await? else { return Ok(None) };
    let (console, disks) = tokio::join!(console_of(visit, &instance), disks_of(visit, id));
    let disks = disks?;
    Ok(Some(Detail {
        shell: visit.shell(Section::Instances),
        texts: DetailTexts::of(visit.language),
        trouble: refusal.map(|refusal| visit.told(refusal)),
        console,
        key_names: KeyNames::of(visit, &visit.region, disks.iter().map(|disk| disk.key.clone())).await,
        disks,
        form: typed.cloned().unwrap_or_else(|| ChangeForm::stored(&instance)),
        status: status_of(visit, instance),
    }))
}

async fn status(visit: Visit, Path(of): Path<Of>) -> Response {
    match instance_of(&visit, &of.id).await {
        Ok(Some(instance)) => rendered(StatusCode::OK, &status_of(&visit, instance)),
        Ok(None) => gone(&visit),
        Err(refusal) => visit.trouble(Section::Instances, &refusal),
    }
}

/// Answers a part of a page whose instance is not there.
pub(super) fn gone(visit: &Visit) -> Response {
    let page = Gone { texts: DetailTexts::of(visit.language), address: visit.path("instances") };
    rendered(StatusCode::OK, &page)
}

fn status_of(visit: &Visit, instance: Instance) -> Status {
    let texts = DetailTexts::of(visit.language);
    Status { texts, region: visit.region.clone(), csrf: visit.csrf.clone(), instance }
}
