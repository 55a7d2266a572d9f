//! A new ticket.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::TicketTexts;
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the form.
    CreateTexts {
        title: "Open a ticket" | "提交工单";
        about: "Asks the operator of the server for a larger limit for the size of images that this account copies to this region." | "向服务器管理员申请提高本账号复制到本地域的镜像大小上限。";
        size: "Largest image, in GiB" | "镜像大小上限（GiB）";
        size_hint: "All disks of the image together, each rounded up to whole GiB." | "镜像所有磁盘容量之和，每块磁盘向上取整到 GiB。";
        reason: "Reason" | "申请理由";
        reason_hint: "What is to be copied, where to, and what for." | "请说明要复制的镜像、目标地域和用途。";
        send: "Send" | "提交";
        back: "Cancel" | "取消";
    }
}

/// The only kind of ticket.
const KIND: &str = "image-copy-size";

#[derive(Template)]
#[template(path = "tickets/create.html")]
struct Create {
    shell: Shell,
    texts: &'static CreateTexts,
    words: &'static TicketTexts,
    fields: Fields,
    token: String,
    trouble: Option<Trouble>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/tickets/create", get(form).post(send))
}

/// Filled in by whoever leads here: the copy dialog, for an image that is too large.
async fn form(visit: Visit) -> Response {
    show(&visit, visit.query(), None)
}

async fn send(Posted { visit, fields }: Posted) -> Response {
    let ticket = [("Kind", KIND), ("Size", fields.get("Size")), ("Reason", fields.get("Reason"))];
    let make = async {
        let answer = visit.call(Product::Ecs, "CreateTicket", &ticket).await?;
        Ok(Made::plain(text(&answer, "TicketId")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => visit.go(format!("tickets/{}", made.name)),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => show(&visit, fields, Some(&refusal)),
    }
}

fn show(visit: &Visit, fields: Fields, refused: Option<&Refusal>) -> Response {
    let page = Create {
        shell: visit.shell(Section::Tickets),
        texts: CreateTexts::of(visit.language),
        words: TicketTexts::of(visit.language),
        token: visit.form_token(&fields),
        fields,
        trouble: refused.map(|refusal| visit.told(refusal)),
    };
    rendered(refused.map_or(StatusCode::OK, Refusal::http_status), &page)
}
