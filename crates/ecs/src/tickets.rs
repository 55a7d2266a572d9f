//! Tickets: what an account asks of the operator. Ours; the vendor's are in another product. One kind: a larger limit for the size of
//! images that are copied (ecs-images.md 2).
//!
//! ```text
//!   Open ── replies of the account ── the operator ──▶ Approved (the limit is the size that was asked for) or Rejected
//!     └──── the account ──▶ Closed
//! ```

use catalog::{Page, PageRequest, Scope, TicketFilter, TicketRecord, TicketReply, Timestamp, Write};
use ram::{Action, Permit};

use crate::arn::require;
use crate::ecs::Ecs;
use crate::error::{EcsError, Result};

const CREATE_TICKET: Action = Action::new("ecs:CreateTicket");
const DESCRIBE_TICKETS: Action = Action::new("ecs:DescribeTickets");
const REPLY_TICKET: Action = Action::new("ecs:ReplyTicket");
const CLOSE_TICKET: Action = Action::new("ecs:CloseTicket");

/// The only kind of ticket.
pub const IMAGE_COPY_SIZE: &str = "image-copy-size";

/// Sizes that can be asked for: 1 PiB is the largest disk that the engine takes.
const GIB: std::ops::RangeInclusive<u64> = 1..=1 << 20;

/// Characters of a text.
const TEXT_CHARS: std::ops::RangeInclusive<usize> = 1..=4096;

/// Most texts of a ticket, and most open tickets of an account in a region: nobody reads more.
pub(crate) const REPLIES_MAX: u32 = 100;
const OPEN_MAX: u64 = 20;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// [`IMAGE_COPY_SIZE`].
    pub kind: String,
    /// The size, in GiB.
    pub gib: u64,
    /// Why.
    pub reason: String,
}

/// A ticket with its texts, the reason first.
#[derive(Debug, Clone)]
pub struct DescribedTicket {
    /// The ticket.
    pub ticket: TicketRecord,
    /// Its texts.
    pub replies: Vec<TicketReply>,
}

impl Ecs {
    /// Asks the operator for something; the ticket's id.
    ///
    /// Asks for `ecs:CreateTicket` on `ticket/*`. Errors: `RegionNotFound`, `MalformedTicket`, `TooManyTickets`.
    pub async fn create_ticket(&self, new: &NewTicket, permit: &Permit, scope: &Scope) -> Result<String> {
        self.store(&scope.region)?;
        require(permit, CREATE_TICKET, scope, "ticket/*")?;
        check(new)?;
        let ticket = TicketRecord {
            id: self.new_id("k"),
            scope: scope.clone(),
            kind: new.kind.clone(),
            gib: new.gib,
            status: "Open".to_owned(),
            created_at: self.now(),
            updated_at: self.now(),
        };
        let reason = self.text(permit.caller().identity().to_string(), &new.reason);
        let mut write = self.catalog.write().await?;
        let done = async {
            let open = TicketFilter { status: "Open".to_owned(), ..TicketFilter::default() };
            let open = write.read().tickets_page(&open, scope, PageRequest::first()).await?;
            if open.total_count >= OPEN_MAX {
                return Err(EcsError::TooManyTickets { max: OPEN_MAX });
            }
            write.ticket_insert(&ticket).await?;
            write.ticket_reply_insert(&ticket.id, &reason).await?;
            Ok(ticket.id)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Tickets of an account in a region, newest first.
    ///
    /// Asks for `ecs:DescribeTickets` on `ticket/*`. Errors: `RegionNotFound`.
    pub async fn describe_tickets(
        &self,
        filter: &TicketFilter,
        page: PageRequest,
        permit: &Permit,
        scope: &Scope,
    ) -> Result<Page<DescribedTicket>> {
        self.store(&scope.region)?;
        require(permit, DESCRIBE_TICKETS, scope, "ticket/*")?;
        let found = self.catalog.read().tickets_page(filter, scope, page).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for ticket in found.items {
            let replies = self.catalog.read().ticket_replies(&ticket.id, REPLIES_MAX).await?;
            items.push(DescribedTicket { ticket, replies });
        }
        Ok(Page { items, total_count: found.total_count })
    }

    /// Adds a text to an open ticket.
    ///
    /// Asks for `ecs:ReplyTicket` on it. Errors: `TicketNotFound`, `TicketOver`, `MalformedTicket`, `TooManyReplies`.
    pub async fn reply_ticket(&self, id: &str, content: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, REPLY_TICKET, scope, &format!("ticket/{id}"))?;
        check_text(content)?;
        let reply = self.text(permit.caller().identity().to_string(), content);
        let mut write = self.catalog.write().await?;
        let done = async {
            let ticket = ticket_of(&mut write, id, Some(scope)).await?;
            if ticket.status != "Open" {
                return Err(EcsError::TicketOver { id: ticket.id, status: ticket.status });
            }
            if write.read().ticket_replies_count(id).await? >= u64::from(REPLIES_MAX) {
                return Err(EcsError::TooManyReplies { id: ticket.id, max: REPLIES_MAX });
            }
            Ok(write.ticket_reply_insert(id, &reply).await?)
        };
        let done = done.await;
        write.finish(done).await
    }

    /// Takes a ticket back.
    ///
    /// Asks for `ecs:CloseTicket` on it. Errors: `TicketNotFound`, `TicketOver`.
    pub async fn close_ticket(&self, id: &str, permit: &Permit, scope: &Scope) -> Result<()> {
        require(permit, CLOSE_TICKET, scope, &format!("ticket/{id}"))?;
        let mut write = self.catalog.write().await?;
        let done = end_ticket(&mut write, id, "Closed", Some(scope), self.now()).await;
        write.finish(done).await
    }

    /// Largest image that the account may copy to a region, in GiB: what is configured, or more where a ticket says so.
    pub(crate) async fn copy_gib_max(&self, destination: &Scope) -> Result<u64> {
        let approved = self.catalog.read().ticket_gib_approved(IMAGE_COPY_SIZE, destination).await?;
        Ok(approved.max(self.config.copy_gib_max))
    }

    fn text(&self, author: String, content: &str) -> TicketReply {
        TicketReply { author, content: content.to_owned(), created_at: self.now() }
    }
}

/// Ends an open ticket of this scope, or of any.
pub(crate) async fn end_ticket(
    write: &mut Write,
    id: &str,
    status: &str,
    scope: Option<&Scope>,
    now: Timestamp,
) -> Result<()> {
    let ticket = ticket_of(write, id, scope).await?;
    match write.ticket_end(id, status, now).await? {
        true => Ok(()),
        false => Err(EcsError::TicketOver { id: ticket.id, status: ticket.status }),
    }
}

/// A ticket of this scope, or of any.
async fn ticket_of(write: &mut Write, id: &str, scope: Option<&Scope>) -> Result<TicketRecord> {
    let found = write.read().ticket_by_id(id).await?;
    let found = found.filter(|ticket| scope.is_none_or(|scope| ticket.scope == *scope));
    found.ok_or_else(|| EcsError::TicketNotFound { id: id.escape_default().to_string() })
}

fn check(new: &NewTicket) -> Result<()> {
    if new.kind != IMAGE_COPY_SIZE {
        return Err(EcsError::MalformedTicket("image-copy-size is the only kind"));
    }
    if !GIB.contains(&new.gib) {
        return Err(EcsError::MalformedTicket("a size is 1 to 1048576 GiB"));
    }
    check_text(&new.reason)
}

pub(crate) fn check_text(text: &str) -> Result<()> {
    let is_plain = !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
    if TEXT_CHARS.contains(&text.chars().count()) && is_plain {
        Ok(())
    } else {
        Err(EcsError::MalformedTicket("a text has 1 to 4096 characters, none of which controls a terminal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What can be asked for, each rule by what keeps it and what does not.
    #[test]
    fn tickets_follow_the_rules() {
        let new = |kind: &str, gib, reason: &str| NewTicket { kind: kind.to_owned(), gib, reason: reason.to_owned() };
        for good in [new(IMAGE_COPY_SIZE, 1, "x"), new(IMAGE_COPY_SIZE, 1 << 20, "a\nb\t镜像")] {
            assert!(check(&good).is_ok(), "{good:?}");
        }
        let long = "a".repeat(4097);
        for bad in [
            new("images", 1, "x"),
            new(IMAGE_COPY_SIZE, 0, "x"),
            new(IMAGE_COPY_SIZE, (1 << 20) + 1, "x"),
            new(IMAGE_COPY_SIZE, 1, ""),
            new(IMAGE_COPY_SIZE, 1, "\u{1b}[2J"),
            new(IMAGE_COPY_SIZE, 1, &long),
        ] {
            assert!(matches!(check(&bad), Err(EcsError::MalformedTicket(_))), "{bad:?}");
        }
    }
}
