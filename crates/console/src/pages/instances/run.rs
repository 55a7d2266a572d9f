//! Running a new instance from an image.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::choices::{Choices, images, key_pairs, types};
use super::disk_fields::{DiskFields, DiskTexts, Keys};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::{fill, texts};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::Options;
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the form.
    RunTexts {
        instances: "Instances" | "实例";
        title: "Run an instance" | "创建实例";
        about: "The instance boots from the image at once, with its keys opened by KMS." | "实例将立即从镜像启动，磁盘密钥由 KMS 解密。";
        image: "Image" | "镜像";
        no_images: "There is no image in this region yet." | "本地域还没有镜像。";
        import: "Import one" | "导入镜像";
        kind: "Type" | "规格";
        name: "Name" | "实例名称";
        name_hint: "2 to 128 characters, a letter first. Without a name it goes by its ID." | "2–128 个字符，以字母或中文开头；留空则使用实例 ID。";
        key_pair: "Key pair" | "密钥对";
        no_key_pair: "None" | "不绑定";
        protection: "Protect it from deletion" | "开启删除保护";
        system: "System disk" | "系统盘";
        data: "Data disk {}" | "数据盘 {}";
        more: "Add a data disk" | "添加数据盘";
        run: "Run" | "创建并启动";
        back: "Cancel" | "取消";
    }
}

/// What is asked for once for an instance.
const NAMES: [&str; 6] =
    ["ImageId", "InstanceType", "InstanceName", "KeyPairName", "DeletionProtection", "ClientToken"];

/// Most data disks that the API takes.
const DATA_DISKS_MAX: usize = 16;

#[derive(Template)]
#[template(path = "instances/run.html")]
struct Run {
    shell: Shell,
    texts: &'static RunTexts,
    trouble: Option<Trouble>,
    images: Choices,
    types: Options,
    key_pairs: Choices,
    disks: Vec<DiskFields>,
    keys: Keys,
    disk_texts: &'static DiskTexts,
    fields: Fields,
    token: String,
}

impl Run {
    fn data_disks(&self) -> usize {
        data_disks(&self.fields)
    }

    fn takes_more(&self) -> bool {
        self.data_disks() < DATA_DISKS_MAX
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/run", get(form).post(run))
}

async fn form(visit: Visit) -> Response {
    let fields = visit.query();
    shown(&visit, fields, None).await
}

async fn run(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    if fields.is_on("more") {
        return shown(&visit, fields, None).await;
    }
    let disks = disks(&visit, &fields);
    let of_disks = disks.iter().flat_map(|disk| disk.parameters());
    let parameters: Vec<(&str, &str)> = fields.given(&NAMES).into_iter().chain(of_disks).collect();
    match visit.call(Product::Ecs, "RunInstances", &parameters).await {
        Ok(answer) => match answer["InstanceIdSets"]["InstanceIdSet"][0].as_str() {
            Some(id) => visit.go(format!("instances/{id}")),
            None => visit.go("instances"),
        },
        Err(refusal) => shown(&visit, fields, Some(&refusal)).await,
    }
}

async fn shown(visit: &Visit, fields: Fields, refusal: Option<&Refusal>) -> Response {
    let page = look(visit, fields, refusal).await;
    visit.answer(Section::Instances, page, refusal)
}

async fn look(visit: &Visit, fields: Fields, refusal: Option<&Refusal>) -> Result<Run, Refusal> {
    let (images, types, key_pairs, keys) = tokio::join!(
        images(visit, fields.get("ImageId")),
        types(visit, fields.get("InstanceType")),
        key_pairs(visit, fields.get("KeyPairName")),
        Keys::of(visit),
    );
    Ok(Run {
        shell: visit.shell(Section::Instances),
        texts: RunTexts::of(visit.language),
        trouble: refusal.map(|refusal| visit.told(refusal)),
        images: images?,
        types: types?,
        key_pairs,
        disks: disks(visit, &fields),
        keys,
        disk_texts: DiskTexts::of(visit.language),
        token: visit.form_token(&fields),
        fields,
    })
}

/// The system disk, and as many data disks as were asked for.
fn disks(visit: &Visit, fields: &Fields) -> Vec<DiskFields> {
    let texts = RunTexts::of(visit.language);
    let system = DiskFields::read(fields, "SystemDisk", texts.system.to_owned());
    let data = (1..=data_disks(fields))
        .map(|number| DiskFields::read(fields, &format!("DataDisk.{number}"), fill(texts.data, &[&number])));
    std::iter::once(system).chain(data).collect()
}

/// Number of data disks that the form has room for. The button `more` asks for another one.
fn data_disks(fields: &Fields) -> usize {
    let there = fields.get("DataDisks").parse().unwrap_or(0_usize).min(DATA_DISKS_MAX);
    (there + usize::from(fields.is_on("more"))).min(DATA_DISKS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form grows by a disk when it is asked to, up to what the API takes, whatever an address says.
    #[test]
    fn disks_are_added_one_by_one() {
        for (form, wanted) in [
            ("", 0),
            ("more=1", 1),
            ("DataDisks=1&more=1", 2),
            ("DataDisks=3", 3),
            ("DataDisks=16&more=1", 16),
            ("DataDisks=99999", 16),
            ("DataDisks=-1&more=1", 1),
        ] {
            assert_eq!(data_disks(&Fields::read(form.as_bytes()).unwrap()), wanted, "{form}");
        }
    }
}
