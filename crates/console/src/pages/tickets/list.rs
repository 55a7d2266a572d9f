//! All tickets of a region.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::{Ticket, TicketTexts, chip};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::paging::{Numbered, Paging, WHOLE_PAGE};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, list};
use crate::visit::Visit;

texts! {
    /// Texts of the list.
    ListTexts {
        about: "What this account asks of the operator of the server in this region." | "本账号在本地域向服务器管理员提交的申请。";
        create: "Open a ticket" | "提交工单";
        id: "Ticket ID" | "工单 ID";
        request: "Request" | "申请内容";
        status: "Status" | "状态";
        any: "Any" | "全部";
        filter: "Filter" | "筛选";
        created: "Opened" | "提交时间";
        updated: "Last change" | "更新时间";
        none: "No tickets" | "没有工单";
        none_about: "Images of more than 200 GiB are copied once the operator has approved a ticket." | "复制超过 200 GiB 的镜像前，需先提交工单并由管理员批准。";
    }
}

const STATUSES: [&str; 4] = ["Open", "Approved", "Rejected", "Closed"];

#[derive(Template)]
#[template(path = "tickets/list.html")]
struct Tickets {
    shell: Shell,
    texts: &'static ListTexts,
    words: &'static TicketTexts,
    statuses: Options,
    tickets: Vec<Ticket>,
    paging: Paging,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/tickets", get(all))
}

async fn all(visit: Visit) -> Response {
    let page = look(&visit).await;
    visit.show(Section::Tickets, page)
}

async fn look(visit: &Visit) -> Result<Tickets, Refusal> {
    let (texts, words) = (ListTexts::of(visit.language), TicketTexts::of(visit.language));
    let query = visit.query();
    let (page, given) = (Numbered::asked(visit, WHOLE_PAGE), query.given(&["Status"]));
    let part = page.call(visit, Product::Ecs, "DescribeTickets", &given).await?;
    let named = STATUSES.map(|status| (status, chip(status, words).text));
    let named = named.iter().map(|(status, words)| (*status, words.as_str()));
    Ok(Tickets {
        shell: visit.shell(Section::Tickets),
        texts,
        words,
        statuses: choices([("", texts.any)].into_iter().chain(named), query.get("Status")),
        tickets: list(&part.answer, "Tickets", "Ticket")
            .iter()
            .map(|found| Ticket::read(found, visit.language))
            .collect(),
        paging: part.line(visit, words.title, ("tickets", &given)),
    })
}
