//! Tasks: what the server makes after a call was answered.

mod detail;
mod task;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::paging::{Numbered, PAGE_SIZE, Paging, WHOLE_PAGE};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Choice, Options, choices, list, text};
use crate::visit::{Visit, form_urlencoded};
pub(super) use task::TaskTable;
use task::chip;

texts! {
    /// Texts of the tasks.
    TaskTexts {
        title: "Tasks" | "任务";
        about: "What the server makes after it has answered: imports, exports, copies, images of instances." | "服务器在后台执行的操作：导入、导出、复制镜像以及由实例创建镜像。";
        kind: "Kind" | "类型";
        imports_and_exports: "Imports and exports" | "导入与导出";
        copies: "Copies" | "复制镜像";
        of_instances: "Images of instances" | "由实例创建镜像";
        import: "Image import" | "导入镜像";
        export: "Image export" | "导出镜像";
        copy: "Image copy" | "复制镜像";
        create: "Image of an instance" | "由实例创建镜像";
        status: "Status" | "状态";
        any: "Any" | "全部";
        processing: "In progress" | "进行中";
        finished: "Finished" | "已完成";
        failed: "Failed or cancelled" | "失败或已取消";
        filter: "Filter" | "筛选";
        id: "Task ID" | "任务 ID";
        image: "Image" | "镜像";
        created: "Started" | "开始时间";
        ended: "Ended" | "结束时间";
        actions: "Actions" | "操作";
        cancel: "Cancel" | "取消任务";
        progress: "Progress" | "进度";
        failure: "Why it failed" | "失败原因";
        none: "No tasks of this kind" | "没有此类任务";
        none_about: "Import an image, or copy one: what the server does for it is followed here." | "导入或复制镜像后，可在此查看服务器的执行进度。";
        first: "Import an image" | "导入镜像";
        of_image: "Tasks of image" | "镜像的任务：";
        of_all: "Show those of all images" | "显示所有镜像的任务";
    }
}

/// Kinds that are listed when they are asked for by name; imports and exports are when none is.
const KINDS: [&str; 2] = ["CopyImage", "CreateImage"];
const STATUSES: [&str; 3] = ["Processing", "Finished", "Failed"];

/// Parameter that asks for the tasks of one image.
const IMAGE: &str = "ResourceIds.1";

#[derive(Template)]
#[template(path = "tasks/list.html")]
struct Tasks {
    shell: Shell,
    texts: &'static TaskTexts,
    /// With the address of each.
    kinds: Vec<(String, Choice)>,
    statuses: Options,
    /// The image whose tasks are shown; empty for those of all.
    image: String,
    table: TaskTable,
    paging: Paging,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/tasks", get(all)).route("/tasks/rows", get(rows)).merge(detail::routes())
}

/// The tasks of an image, the newest first, as many as a page has; all are on the page of tasks.
pub(super) async fn of_image(visit: &Visit, image: &str) -> Result<TaskTable, Refusal> {
    let of_kind = async |kind| {
        let wanted = [(IMAGE, image), ("PageSize", "20"), ("TaskAction", kind)];
        let wanted: Vec<_> = wanted.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        visit.call(Product::Ecs, "DescribeTasks", &wanted).await
    };
    let (moved, copied, made) = tokio::join!(of_kind(""), of_kind(KINDS[0]), of_kind(KINDS[1]));
    let mut found = Vec::new();
    for answer in [moved?, copied?, made?] {
        found.extend_from_slice(list(&answer, "TaskSet", "Task"));
    }
    found.sort_by_key(|task| std::cmp::Reverse(text(task, "CreationTime")));
    found.truncate(PAGE_SIZE as usize);
    Ok(TaskTable::of(visit, &found, visit.path(format!("images/{image}/tasks"))))
}

/// The task of an image that CancelTask ends, if one runs.
pub(super) async fn that_can_be_cancelled(visit: &Visit, image: &str) -> Result<Option<String>, Refusal> {
    let wanted = [("ResourceIds.1", image), ("TaskStatus", "Processing")];
    let answer = visit.call(Product::Ecs, "DescribeTasks", &wanted).await?;
    let mut tasks = list(&answer, "TaskSet", "Task").iter();
    Ok(tasks.find(|task| text(task, "SupportCancel") == "true").map(|task| text(task, "TaskId")))
}

async fn all(visit: Visit) -> Response {
    let page = look(&visit).await;
    visit.show(Section::Tasks, page)
}

/// The table alone, as it is now.
async fn rows(visit: Visit) -> Response {
    let page = look(&visit).await.map(|page| page.table);
    visit.show(Section::Tasks, page)
}

async fn look(visit: &Visit) -> Result<Tasks, Refusal> {
    let texts = TaskTexts::of(visit.language);
    let (query, page) = (visit.query(), Numbered::asked(visit, WHOLE_PAGE));
    let given = query.given(&["TaskAction", "TaskStatus", IMAGE]);
    let part = page.call(visit, Product::Ecs, "DescribeTasks", &given).await?;
    let rows = visit.path(format!("tasks/rows?{}", visit.uri.query().unwrap_or_default()));
    let kinds = [("", texts.imports_and_exports), (KINDS[0], texts.copies), (KINDS[1], texts.of_instances)];
    let words = STATUSES.map(|state| (state, chip(state, texts).text));
    let statuses = words.iter().map(|(state, words)| (*state, words.as_str()));
    let kinds = choices(kinds, query.get("TaskAction")).0.into_iter().map(|kind| {
        let of_kind = [("TaskAction", kind.value.as_str()), (IMAGE, query.get(IMAGE))];
        let of_kind: Vec<_> = of_kind.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        (visit.path(format_args!("tasks?{}", form_urlencoded(&of_kind))), kind)
    });
    Ok(Tasks {
        shell: visit.shell(Section::Tasks),
        texts,
        kinds: kinds.collect(),
        statuses: choices([("", texts.any)].into_iter().chain(statuses), query.get("TaskStatus")),
        image: query.get(IMAGE).to_owned(),
        table: TaskTable::of(visit, list(&part.answer, "TaskSet", "Task"), rows),
        paging: part.line(visit, texts.title, ("tasks", &given)),
    })
}
