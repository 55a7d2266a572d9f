//! Where the operator of the host decides tickets of all accounts. It needs the catalog alone, so it works beside a server.

use std::sync::Arc;

use catalog::{Catalog, Clock, TicketReply};

use crate::error::Result;
use crate::tickets::{DescribedTicket, REPLIES_MAX, check_text, end_ticket};

/// Who answers for the host.
const OPERATOR: &str = "operator";

/// Tickets that are shown at once: the oldest ones wait longest.
const PENDING_MAX: u32 = 200;

/// What the operator says to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The limit becomes the size that was asked for.
    Approve,
    /// It stays as it is.
    Reject,
}

/// The operator's side of tickets. Asks for no permit: whoever may open the catalog decides, and no call of the API leads here.
pub struct TicketDesk {
    catalog: Arc<Catalog>,
    clock: Arc<dyn Clock>,
}

impl TicketDesk {
    /// The desk of an installation.
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, clock: Arc<dyn Clock>) -> Self {
        Self { catalog, clock }
    }

    /// Open tickets of all accounts and regions, the oldest 200.
    ///
    /// Errors: the catalog failed.
    pub async fn pending(&self) -> Result<Vec<DescribedTicket>> {
        let mut read = self.catalog.read();
        let mut found = Vec::new();
        for ticket in read.tickets_open(PENDING_MAX).await? {
            let replies = read.ticket_replies(&ticket.id, REPLIES_MAX).await?;
            found.push(DescribedTicket { ticket, replies });
        }
        Ok(found)
    }

    /// Decides about a ticket of any account. `content`: what is said with it; empty: nothing.
    ///
    /// Errors: `TicketNotFound`, `TicketOver`, `MalformedTicket`.
    pub async fn decide(&self, id: &str, verdict: Verdict, content: &str) -> Result<()> {
        let status = match verdict {
            Verdict::Approve => "Approved",
            Verdict::Reject => "Rejected",
        };
        if !content.is_empty() {
            check_text(content)?;
        }
        let now = self.clock.now();
        let mut write = self.catalog.write().await?;
        let done = async {
            end_ticket(&mut write, id, status, None, now).await?;
            if !content.is_empty() {
                let reply = TicketReply { author: OPERATOR.to_owned(), content: content.to_owned(), created_at: now };
                write.ticket_reply_insert(id, &reply).await?;
            }
            Ok(())
        };
        let done = done.await;
        write.finish(done).await
    }
}
