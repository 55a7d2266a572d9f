use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Scope;
use crate::page::{Page, PageRequest};
use crate::read::Read;
use crate::writer::Write;

/// A request of an account to the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRecord {
    /// `k-…`
    pub id: String,
    /// Who asks, and the region that it is about.
    pub scope: Scope,
    /// `image-copy-size`.
    pub kind: String,
    /// The size that is asked for, in GiB.
    pub gib: u64,
    /// `Open`, `Approved`, `Rejected`, `Closed`.
    pub status: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When something last came of it.
    pub updated_at: Timestamp,
}

/// Which tickets are wanted. Texts that are empty stand for any.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Status.
    pub status: String,
    /// Id.
    pub id: String,
}

/// A text of a ticket; the first is its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketReply {
    /// Who wrote it, for people.
    pub author: String,
    /// The text.
    pub content: String,
    /// When.
    pub created_at: Timestamp,
}

impl TicketRecord {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.value("id")?,
            scope: row.scope()?,
            kind: row.value("kind")?,
            gib: row.count("gib")?,
            status: row.value("status")?,
            created_at: row.time("created_at")?,
            updated_at: row.time("updated_at")?,
        })
    }
}

impl TicketReply {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { author: row.value("author")?, content: row.value("content")?, created_at: row.time("created_at")? })
    }
}

impl Read<'_> {
    /// The ticket of this id.
    pub async fn ticket_by_id(&mut self, id: &str) -> Result<Option<TicketRecord>> {
        self.record("read a ticket", "SELECT * FROM tickets WHERE id = $1", values![id], TicketRecord::from_row).await
    }

    /// Tickets of an account in a region, newest first.
    pub async fn tickets_page(
        &mut self,
        filter: &TicketFilter,
        scope: &Scope,
        page: PageRequest,
    ) -> Result<Page<TicketRecord>> {
        macro_rules! matching {
            ($select:literal, $rest:literal) => {
                concat!(
                    $select,
                    " FROM tickets WHERE account = $1 AND region = $2 AND ($3 = '' OR status = $3) AND ($4 = '' OR id = $4)",
                    $rest
                )
            };
        }
        let count = matching!("SELECT count(*) AS n", "");
        let list = matching!("SELECT *", " ORDER BY sequence DESC LIMIT $5 OFFSET $6");
        let values = values![&scope.account, &scope.region, &filter.status, &filter.id];
        self.page("list tickets", (count, list), values, page, TicketRecord::from_row).await
    }

    /// The oldest `limit` open tickets of all accounts and regions.
    pub async fn tickets_open(&mut self, limit: u32) -> Result<Vec<TicketRecord>> {
        let sql = "SELECT * FROM tickets WHERE status = 'Open' ORDER BY sequence LIMIT $1";
        self.records("list open tickets", sql, values![limit], TicketRecord::from_row).await
    }

    /// The first `limit` texts of a ticket, oldest first.
    pub async fn ticket_replies(&mut self, ticket_id: &str, limit: u32) -> Result<Vec<TicketReply>> {
        let sql = "SELECT * FROM ticket_replies WHERE ticket_id = $1 ORDER BY sequence LIMIT $2";
        self.records("read the texts of a ticket", sql, values![ticket_id, limit], TicketReply::from_row).await
    }

    /// Number of texts of a ticket.
    pub async fn ticket_replies_count(&mut self, ticket_id: &str) -> Result<u64> {
        let sql = "SELECT count(*) AS n FROM ticket_replies WHERE ticket_id = $1";
        self.count("count the texts of a ticket", sql, values![ticket_id]).await
    }

    /// The largest size that was approved for an account in a region, in GiB; 0: none.
    pub async fn ticket_gib_approved(&mut self, kind: &str, scope: &Scope) -> Result<u64> {
        let sql = "SELECT coalesce(max(gib), 0) AS n FROM tickets
                   WHERE account = $1 AND region = $2 AND kind = $3 AND status = 'Approved'";
        self.count("read what was approved", sql, values![&scope.account, &scope.region, kind]).await
    }
}

impl Write {
    /// Adds an open ticket.
    pub async fn ticket_insert(&mut self, ticket: &TicketRecord) -> Result<()> {
        let sql = "INSERT INTO tickets (id, account, region, kind, gib, status, created_at, updated_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let TicketRecord { id, scope, kind, gib, status, created_at, updated_at } = ticket;
        // A size beyond what a database counts was refused before.
        let gib = i64::try_from(*gib).unwrap_or(i64::MAX);
        let values = values![id, &scope.account, &scope.region, kind, gib, status, *created_at, *updated_at];
        self.execute("add a ticket", sql, values).await.map(drop)
    }

    /// Ends a ticket that is open. `false` when it is not.
    pub async fn ticket_end(&mut self, id: &str, status: &str, at: Timestamp) -> Result<bool> {
        let sql = "UPDATE tickets SET status = $2, updated_at = $3 WHERE id = $1 AND status = 'Open'";
        Ok(self.execute("end a ticket", sql, values![id, status, at]).await? == 1)
    }

    /// Adds a text to a ticket.
    pub async fn ticket_reply_insert(&mut self, ticket_id: &str, reply: &TicketReply) -> Result<()> {
        let sql = "INSERT INTO ticket_replies (ticket_id, author, content, created_at) VALUES ($1, $2, $3, $4)";
        let TicketReply { author, content, created_at } = reply;
        self.execute("add a text to a ticket", sql, values![ticket_id, author, content, *created_at]).await?;
        let sql = "UPDATE tickets SET updated_at = $2 WHERE id = $1";
        self.execute("change a ticket", sql, values![ticket_id, *created_at]).await.map(drop)
    }
}
