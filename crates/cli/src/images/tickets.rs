//! Tickets, in the data directory and at a server.

use anyhow::Result;
use api::Product;
use ecs::{DescribedTicket, IMAGE_COPY_SIZE, NewTicket, TicketFilter, TicketReply};
use serde::{Deserialize, Serialize};

use super::local::LocalImages;
use super::remote::RemoteImages;
use crate::output;

/// What `reseal ticket` asks. Every call answers alike from both places.
pub(crate) trait Tickets {
    /// Asks for images of `gib` GiB to be copied to the region of the command; the ticket's id.
    fn create(&self, gib: u64, reason: &str) -> Result<String>;
    /// Newest first.
    fn tickets(&self) -> Result<Vec<TicketView>>;
    fn reply(&self, ticket: &str, text: &str) -> Result<()>;
    fn close(&self, ticket: &str) -> Result<()>;
}

/// What is shown of a ticket.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"))]
pub(crate) struct TicketView {
    pub(crate) ticket_id: String,
    pub(crate) kind: String,
    /// GiB.
    pub(crate) size: u64,
    pub(crate) status: String,
    pub(crate) creation_time: String,
    pub(crate) update_time: String,
    /// The reason first.
    #[serde(deserialize_with = "unwrapped")]
    pub(crate) replies: Vec<ReplyView>,
}

/// One text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"))]
pub(crate) struct ReplyView {
    pub(crate) author: String,
    pub(crate) content: String,
    pub(crate) creation_time: String,
}

/// A list as the API wraps it.
fn unwrapped<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<ReplyView>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Wrapped {
        reply: Vec<ReplyView>,
    }
    Ok(Wrapped::deserialize(from)?.reply)
}

impl Tickets for RemoteImages {
    fn create(&self, gib: u64, reason: &str) -> Result<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Made {
            ticket_id: String,
        }
        let size = gib.to_string();
        let made = self.call("CreateTicket", &[("Kind", IMAGE_COPY_SIZE), ("Size", &size), ("Reason", reason)])?;
        Ok(made.read::<Made>()?.ticket_id)
    }

    fn tickets(&self) -> Result<Vec<TicketView>> {
        let parameters = [("RegionId", self.region.as_str())];
        self.remote.list_product(Product::Ecs, "DescribeTickets", &parameters, ("Tickets", "Ticket"))
    }

    fn reply(&self, ticket: &str, text: &str) -> Result<()> {
        self.call("ReplyTicket", &[("TicketId", ticket), ("Content", text)]).map(drop)
    }

    fn close(&self, ticket: &str) -> Result<()> {
        self.call("CloseTicket", &[("TicketId", ticket)]).map(drop)
    }
}

impl Tickets for LocalImages {
    fn create(&self, gib: u64, reason: &str) -> Result<String> {
        let new = NewTicket { kind: IMAGE_COPY_SIZE.to_owned(), gib, reason: reason.to_owned() };
        Ok(self.runtime.block_on(self.ecs.create_ticket(&new, &self.permit, &self.scope))?)
    }

    fn tickets(&self) -> Result<Vec<TicketView>> {
        let all = TicketFilter::default();
        self.all(|page| self.ecs.describe_tickets(&all, page, &self.permit, &self.scope), view)
    }

    fn reply(&self, ticket: &str, text: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.reply_ticket(ticket, text, &self.permit, &self.scope))?)
    }

    fn close(&self, ticket: &str) -> Result<()> {
        Ok(self.runtime.block_on(self.ecs.close_ticket(ticket, &self.permit, &self.scope))?)
    }
}

/// A ticket of the catalog.
pub(crate) fn view(described: DescribedTicket) -> TicketView {
    let DescribedTicket { ticket, replies } = described;
    let reply = |reply: TicketReply| ReplyView {
        author: reply.author,
        content: reply.content,
        creation_time: output::time(reply.created_at),
    };
    TicketView {
        ticket_id: ticket.id,
        kind: ticket.kind,
        size: ticket.gib,
        status: ticket.status,
        creation_time: output::time(ticket.created_at),
        update_time: output::time(ticket.updated_at),
        replies: replies.into_iter().map(reply).collect(),
    }
}
