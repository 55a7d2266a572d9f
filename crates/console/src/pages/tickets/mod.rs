//! Tickets: what an account asks of the operator. Only the operator decides, on the host, and the page says by which command.

mod create;
mod detail;
mod list;

use std::sync::Arc;

use axum::Router;
use serde_json::Value;

use crate::language::{Language, fill, texts};
use crate::shared::Shared;
use crate::shown::{Chip, Time, list, text};

texts! {
    /// Words for what a ticket is.
    TicketTexts {
        title: "Tickets" | "工单";
        open: "Open" | "待处理";
        approved: "Approved" | "已批准";
        rejected: "Rejected" | "已拒绝";
        closed: "Closed" | "已关闭";
        copy_size: "Copy images of up to {} GiB" | "复制不超过 {} GiB 的镜像";
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().merge(list::routes()).merge(create::routes()).merge(detail::routes())
}

/// Who answers for the host, as the API writes it.
const OPERATOR: &str = "operator";

/// What DescribeTickets says of one.
struct Ticket {
    id: String,
    /// What is asked for.
    about: String,
    status: String,
    chip: Chip,
    created: Time,
    updated: Time,
    texts: Vec<Said>,
}

/// One of its texts, the reason first.
struct Said {
    author: String,
    is_of_operator: bool,
    content: String,
    at: Time,
}

impl Ticket {
    fn read(found: &Value, language: Language) -> Self {
        let texts = TicketTexts::of(language);
        let status = text(found, "Status");
        let said = |said: &Value| Said {
            is_of_operator: said["Author"] == OPERATOR,
            author: text(said, "Author"),
            content: text(said, "Content"),
            at: Time::of(said, "CreationTime"),
        };
        Self {
            id: text(found, "TicketId"),
            about: fill(texts.copy_size, &[&text(found, "Size")]),
            chip: chip(&status, texts),
            status,
            created: Time::of(found, "CreationTime"),
            updated: Time::of(found, "UpdateTime"),
            texts: list(found, "Replies", "Reply").iter().map(said).collect(),
        }
    }
}

fn chip(status: &str, texts: &TicketTexts) -> Chip {
    let (class, words) = match status {
        "Open" => ("busy", texts.open),
        "Approved" => ("good", texts.approved),
        "Rejected" => ("bad", texts.rejected),
        _ => ("", texts.closed),
    };
    Chip { class, text: words.to_owned() }
}
