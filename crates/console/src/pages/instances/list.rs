//! All instances of a region.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::instance::{Instance, InstanceTexts};
use crate::calls::{Product, Refusal};
use crate::form::Fields;
use crate::language::{Language, texts};
use crate::paging::{Numbered, Paging, WHOLE_PAGE};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, list};
use crate::visit::{Visit, form_urlencoded};

texts! {
    /// Texts of the list.
    ListTexts {
        title: "Instances" | "实例";
        about: "Virtual machines that run from your images, each disk under its own key." | "由您的镜像创建的虚拟机，磁盘可由各自的密钥加密。";
        run: "Run an instance" | "创建实例";
        name: "Name" | "名称";
        name_hint: "a * at the end stands for any rest" | "末尾的 * 匹配任意后缀";
        status: "Status" | "状态";
        any: "Any" | "全部";
        kind: "Type" | "规格";
        image: "Image" | "镜像";
        encryption: "Encryption" | "加密";
        address: "Address" | "地址";
        created: "Created" | "创建时间";
        filter: "Filter" | "筛选";
        none: "No instances yet" | "还没有实例";
        none_about: "An instance boots from an image. Its disks are encrypted under a key of your choice." | "实例从镜像启动，磁盘可用您选择的密钥加密。";
        none_found: "No instance fits the filter." | "没有符合条件的实例。";
        all: "Show all" | "显示全部";
    }
}

/// Fields of the filter, which are parameters of DescribeInstances.
const FILTER: [&str; 3] = ["InstanceName", "Status", "ImageId"];

#[derive(Template)]
#[template(path = "instances/list.html")]
struct List {
    shell: Shell,
    texts: &'static ListTexts,
    asked: Fields,
    states: Options,
    rows: Rows,
}

/// The table, as a part of the page that renews itself.
#[derive(Template)]
#[template(path = "instances/rows.html")]
struct Rows {
    texts: &'static ListTexts,
    region: String,
    address: String,
    instances: Vec<Instance>,
    is_filtered: bool,
    paging: Paging,
}

impl Rows {
    /// What is stopped stays so by itself.
    fn moves(&self) -> bool {
        self.instances.iter().any(|instance| !instance.is("Stopped"))
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances", get(all)).route("/instances/rows", get(rows))
}

async fn all(visit: Visit) -> Response {
    let asked = visit.query();
    let page = rows_of(&visit, &asked).await.map(|rows| List {
        shell: visit.shell(Section::Instances),
        texts: ListTexts::of(visit.language),
        states: states(visit.language, asked.get("Status")),
        asked,
        rows,
    });
    visit.show(Section::Instances, page)
}

async fn rows(visit: Visit) -> Response {
    let page = rows_of(&visit, &visit.query()).await;
    visit.show(Section::Instances, page)
}

async fn rows_of(visit: &Visit, asked: &Fields) -> Result<Rows, Refusal> {
    let (page, filter) = (Numbered::asked(visit, WHOLE_PAGE), asked.given(&FILTER));
    let part = page.call(visit, Product::Ecs, "DescribeInstances", &filter).await?;
    let (texts, words) = (ListTexts::of(visit.language), InstanceTexts::of(visit.language));
    let here = form_urlencoded(&[&filter[..], &[(WHOLE_PAGE, &part.page.number.to_string())]].concat());
    Ok(Rows {
        texts,
        region: visit.region.clone(),
        address: visit.path(format!("instances/rows?{here}")),
        instances: list(&part.answer, "Instances", "Instance")
            .iter()
            .map(|found| Instance::read(found, words))
            .collect(),
        is_filtered: !filter.is_empty(),
        paging: part.line(visit, texts.title, ("instances", &filter)),
    })
}

/// The statuses of the filter.
fn states(language: Language, chosen: &str) -> Options {
    let texts = InstanceTexts::of(language);
    let all = [
        ("", ListTexts::of(language).any),
        ("Pending", texts.pending),
        ("Starting", texts.starting),
        ("Running", texts.running),
        ("Stopping", texts.stopping),
        ("Stopped", texts.stopped),
    ];
    choices(all, chosen)
}
