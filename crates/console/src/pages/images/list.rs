//! All images of a region.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use serde_json::Value;

use super::image::{Image, ImageTexts, chip};
use super::selection::{SORTS, STATUSES, Selection};
use super::{Of, found, key_ids};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::pages::own_keys::KeyNames;
use crate::paging::{Numbered, Paging, WHOLE_PAGE};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Chip, Options, choices, list};
use crate::visit::{Visit, form_urlencoded};

texts! {
    /// Texts of the table.
    ListTexts {
        title: "Images" | "镜像";
        about: "Custom images of this region: your own, and those that other accounts share with you." | "本地域的自定义镜像，包括您自己的镜像和其他账号共享给您的镜像。";
        import: "Import an image" | "导入镜像";
        name_filter: "Name or ID" | "名称或 ID";
        any: "Any" | "全部";
        filter: "Filter" | "筛选";
        show_all: "Show all" | "显示全部";
        name: "Name and ID" | "名称 / ID";
        status: "Status" | "状态";
        size: "Size" | "大小";
        disks: "Disks" | "磁盘数";
        encryption: "Encryption" | "加密";
        source: "Source" | "来源";
        created: "Created" | "创建时间";
        actions: "Actions" | "操作";
        owner: "Owner" | "所有者";
        own: "Own images" | "我的镜像";
        shared: "Shared with me" | "共享给我的镜像";
        copy: "Copy" | "复制";
        run: "Run" | "创建实例";
        none: "No images yet" | "还没有镜像";
        none_about: "An image is a system disk, and data disks if it has any. Import one first; copy it with Encrypt ticked to put it under a key." | "镜像包含系统盘以及可选的数据盘。请先导入镜像，然后复制镜像并勾选“加密”，即可用密钥保护它。";
        none_found: "No image fits the filter." | "没有符合条件的镜像。";
        table: "Images of this region" | "本地域的镜像";
    }
}

#[derive(Template)]
#[template(path = "images/list.html")]
struct List {
    shell: Shell,
    texts: &'static ListTexts,
    selection: Selection,
    statuses: Options,
    encryptions: Options,
    owners: Options,
    columns: Vec<Column>,
    rows: Vec<Row>,
    paging: Paging,
}

/// The head of a column.
struct Column {
    name: &'static str,
    /// Address that sorts by it; empty where it cannot be sorted by.
    address: String,
    /// `ascending` or `descending`, or empty.
    order: &'static str,
}

/// An image with its status, which renews itself.
struct Row {
    image: Image,
    status: Status,
}

/// The status of an image in the table.
#[derive(Template)]
#[template(path = "images/status.html")]
struct Status {
    chip: Chip,
    title: String,
    /// Where it is renewed; empty once nothing moves.
    address: String,
    progress: u64,
}

impl Status {
    fn of(image: &Image, visit: &Visit) -> Self {
        let address = visit.path(format!("images/{}/status", image.id));
        Self {
            chip: image.chip(),
            title: image.title().to_owned(),
            address: if image.moves() { address } else { String::new() },
            progress: image.progress,
        }
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/images", get(all)).route("/images/{id}/status", get(status))
}

async fn all(visit: Visit) -> Response {
    let page = look(&visit).await;
    visit.show(Section::Images, page)
}

/// A row whose image is gone keeps still: the table says so when it is loaded again.
async fn status(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    let page = found(&visit, &id).await.map(|found| {
        let image = found.map(|found| Image::read(&found, &KeyNames::default(), visit.language));
        let gone = Status {
            chip: Chip { class: "", text: "–".to_owned() },
            title: String::new(),
            address: String::new(),
            progress: 0,
        };
        image.map_or(gone, |image| Status::of(&image, &visit))
    });
    visit.show(Section::Images, page)
}

async fn look(visit: &Visit) -> Result<List, Refusal> {
    let texts = ListTexts::of(visit.language);
    let (selection, page) = (Selection::read(&visit.query()), Numbered::asked(visit, WHOLE_PAGE));
    let part = page.call(visit, Product::Ecs, "DescribeImages", &selection.parameters()).await?;
    let found = list(&part.answer, "Images", "Image");
    let names = KeyNames::of(visit, &visit.region, key_ids(found)).await;
    let row = |found: &Value| {
        let image = Image::read(found, &names, visit.language);
        Row { status: Status::of(&image, visit), image }
    };
    let states = ImageTexts::of(visit.language);
    let words = STATUSES.map(|status| (status, chip(status, states).text));
    let statuses = words.iter().map(|(status, words)| (*status, words.as_str()));
    Ok(List {
        shell: visit.shell(Section::Images),
        texts,
        statuses: choices([("", texts.any)].into_iter().chain(statuses), &selection.status),
        encryptions: choices([("", texts.any), ("yes", states.encrypted), ("no", states.plain)], &selection.encrypted),
        owners: choices([("", texts.any), ("own", texts.own), ("shared", texts.shared)], &selection.owner),
        columns: columns(&visit.path("images"), &selection, texts),
        rows: found.iter().map(row).collect(),
        paging: part.line(visit, texts.title, ("images", &selection.pairs())),
        selection,
    })
}

fn columns(address: &str, selection: &Selection, texts: &ListTexts) -> Vec<Column> {
    let names = [texts.name, texts.status, texts.size, texts.encryption, texts.created];
    let mut columns: Vec<Column> =
        SORTS.into_iter().zip(names).map(|((sort, _), name)| column(address, selection, sort, name)).collect();
    let plain = |name| Column { name, address: String::new(), order: "" };
    columns.insert(3, plain(texts.disks));
    columns.insert(5, plain(texts.source));
    columns
}

/// A column that is sorted by is sorted the other way round by its next click.
fn column(address: &str, selection: &Selection, sort: &'static str, name: &'static str) -> Column {
    let order = match selection.sort.strip_prefix('-') {
        Some(sorted) if sorted == sort => "descending",
        None if selection.sort == sort => "ascending",
        _ => "",
    };
    let next = if order == "ascending" { format!("-{sort}") } else { sort.to_owned() };
    let next = Selection { sort: next, ..selection.clone() };
    let pairs: Vec<(&str, &str)> = next.pairs().into_iter().filter(|(_, value)| !value.is_empty()).collect();
    Column { name, address: format!("{address}?{}", form_urlencoded(&pairs)), order }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Fields;

    /// The next click turns the order round, and keeps the filter.
    #[test]
    fn columns_sort_both_ways() {
        let texts = ListTexts::of(crate::language::Language::English);
        for (query, order, address) in [
            ("status=Available", "", "/i?status=Available&sort=name"),
            ("status=Available&sort=name&page=3", "ascending", "/i?status=Available&sort=-name"),
            ("sort=-name", "descending", "/i?sort=name"),
        ] {
            let selection = Selection::read(&Fields::read(query.as_bytes()).unwrap());
            let column = &columns("/i", &selection, texts)[0];
            assert_eq!((column.order, column.address.as_str()), (order, address), "{query}");
        }
    }
}
