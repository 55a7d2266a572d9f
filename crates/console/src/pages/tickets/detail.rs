//! One ticket with what was said.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::{Ticket, TicketTexts};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::list;
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of a ticket's page.
    DetailTexts {
        created: "Opened" | "提交时间";
        updated: "Last change" | "更新时间";
        said: "Messages" | "沟通记录";
        operator: "Operator" | "管理员";
        decided_by: "Only the operator decides, on the host of the server:" | "仅服务器管理员可在服务器主机上处理：";
        approved: "The limit is raised. Copy the image again." | "上限已提高，请重新复制镜像。";
        copy: "To the images" | "前往镜像列表";
        reply: "Reply" | "回复";
        content: "Message" | "内容";
        send: "Send" | "发送";
        close: "Close the ticket" | "关闭工单";
    }
}

#[derive(Template)]
#[template(path = "tickets/detail.html")]
struct Detail {
    shell: Shell,
    texts: &'static DetailTexts,
    words: &'static TicketTexts,
    ticket: Ticket,
    fields: Fields,
    /// Of the form for a reply.
    token: String,
    trouble: Option<Trouble>,
}

/// The ticket of a path.
#[derive(Deserialize)]
struct Of {
    id: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/tickets/{id}", get(one))
        .route("/tickets/{id}/reply", post(reply))
        .route("/tickets/{id}/close", post(close))
}

async fn one(Path(Of { id }): Path<Of>, visit: Visit) -> Response {
    show(&visit, &id, Fields::default(), None).await
}

async fn reply(Path(Of { id }): Path<Of>, Posted { visit, fields }: Posted) -> Response {
    let reply = [("TicketId", id.as_str()), ("Content", fields.get("Content"))];
    let make = async { visit.call(Product::Ecs, "ReplyTicket", &reply).await.map(|_| Made::plain(String::new())) };
    let done = match visit.once(&fields, make).await {
        Ok(_) => Ok(()),
        Err(Unmade::SentBefore) => return visit.sent_before(),
        Err(Unmade::Refused(refusal)) => Err(refusal),
    };
    back(&visit, &id, fields, done).await
}

async fn close(Path(Of { id }): Path<Of>, Posted { visit, fields }: Posted) -> Response {
    let done = visit.call(Product::Ecs, "CloseTicket", &[("TicketId", &id)]).await;
    back(&visit, &id, fields, done.map(drop)).await
}

async fn back(visit: &Visit, id: &str, fields: Fields, done: Result<(), Refusal>) -> Response {
    match done {
        Ok(()) => visit.go(format!("tickets/{id}")),
        Err(refusal) => show(visit, id, fields, Some(&refusal)).await,
    }
}

async fn show(visit: &Visit, id: &str, fields: Fields, refused: Option<&Refusal>) -> Response {
    let page = found(visit, id).await.map(|ticket| {
        ticket.map(|ticket| Detail {
            shell: visit.shell(Section::Tickets),
            texts: DetailTexts::of(visit.language),
            words: TicketTexts::of(visit.language),
            ticket,
            token: visit.form_token(&fields),
            fields,
            trouble: refused.map(|refusal| visit.told(refusal)),
        })
    });
    visit.answer_found(Section::Tickets, page, refused)
}

async fn found(visit: &Visit, id: &str) -> Result<Option<Ticket>, Refusal> {
    let answer = visit.call(Product::Ecs, "DescribeTickets", &[("TicketId", id)]).await?;
    Ok(list(&answer, "Tickets", "Ticket").first().map(|found| Ticket::read(found, visit.language)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;

    /// What was said is text, whatever it holds; what was typed into a form that was refused stays.
    #[test]
    fn markup_is_shown_as_text() {
        let markup = "</textarea><script>alert(1)</script>";
        let found = json!({
            "TicketId": "k-1", "Kind": "image-copy-size", "Size": 300, "Status": "Open",
            "Replies": { "Reply": [{ "Author": markup, "Content": markup }, { "Author": "operator", "Content": "no" }] },
        });
        for (language, about, operator) in [
            (Language::English, "Copy images of up to 300 GiB", "Operator"),
            (Language::Chinese, "复制不超过 300 GiB 的镜像", "管理员"),
        ] {
            let page = Detail {
                shell: Shell::sample(language),
                texts: DetailTexts::of(language),
                words: TicketTexts::of(language),
                ticket: Ticket::read(&found, language),
                fields: [("Content", markup.to_owned())].into_iter().collect(),
                token: String::new(),
                trouble: None,
            };
            let html = page.render().unwrap();
            assert!(!html.contains("<script>") && html.matches("&#60;script&#62;").count() == 3, "{html}");
            assert!(html.contains(about) && html.contains(operator), "{html}");
        }
    }
}
