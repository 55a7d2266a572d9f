//! Tickets: what an account asks of the operator. Ours. Only the operator decides, on the host: `reseal ticket approve`.

use ::ecs::{DescribedTicket, Ecs, EcsError, IMAGE_COPY_SIZE, NewTicket, TicketFilter};
use kms::Scope;
use ram::Permit;
use serde_json::{Value, json};

use super::action::{EcsCall, need, row};
use super::parameters::{PAGE_NUMBER, PAGE_SIZE, REGION_ID, page, written};
use crate::action::Spec;
use crate::errors::Refusal;
use crate::parameters::{Integer, Name, OneOf, Optional, Parameters, Required, Text};
use crate::services::Need;

const TICKET_ID: Required<Name> = Required::new("TicketId", Name { length: (1, 64), also: "-" });
const WANTED_ID: Optional<Name> = Optional::new("TicketId", Name { length: (1, 64), also: "-" });
const KIND: Required<OneOf> = Required::new("Kind", OneOf(&[IMAGE_COPY_SIZE]));
const SIZE: Required<Integer> = Required::new("Size", Integer { min: 1, max: 1 << 20 });
const REASON: Required<Text> = Required::new("Reason", Text { length: (1, 16 << 10) });
const CONTENT: Required<Text> = Required::new("Content", Text { length: (1, 16 << 10) });
const STATUS: Optional<OneOf> = Optional::new("Status", OneOf(&["Open", "Approved", "Rejected", "Closed"]));

pub(crate) struct CreateTicket(NewTicket);

impl EcsCall for CreateTicket {
    const SPEC: &'static Spec =
        &row("CreateTicket", "ecs:CreateTicket", "ticket/*", &[&REGION_ID, &KIND, &SIZE, &REASON]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (kind, gib) = (KIND.read(parameters)?.to_owned(), SIZE.read(parameters)?);
        Ok(Self(NewTicket { kind, gib, reason: REASON.read(parameters)? }))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "ticket/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        Ok(json!({ "TicketId": ecs.create_ticket(&self.0, permit, scope).await? }))
    }
}

pub(crate) struct DescribeTickets {
    filter: TicketFilter,
    page: catalog::PageRequest,
    number: u32,
    size: u32,
}

impl EcsCall for DescribeTickets {
    const SPEC: &'static Spec = &row(
        "DescribeTickets",
        "ecs:DescribeTickets",
        "ticket/*",
        &[&REGION_ID, &STATUS, &WANTED_ID, &PAGE_NUMBER, &PAGE_SIZE],
    );

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let (page, number, size) = page(parameters)?;
        let filter = TicketFilter {
            status: STATUS.read(parameters)?.unwrap_or_default().to_owned(),
            id: WANTED_ID.read(parameters)?.unwrap_or_default(),
        };
        Ok(Self { filter, page, number, size })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, "ticket/*")])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        let found = ecs.describe_tickets(&self.filter, self.page, permit, scope).await?;
        let tickets: Vec<Value> = found.items.iter().map(ticket).collect();
        Ok(json!({
            "Tickets": { "Ticket": tickets },
            "PageNumber": self.number,
            "PageSize": self.size,
            "TotalCount": found.total_count,
        }))
    }
}

pub(crate) struct ReplyTicket {
    id: String,
    content: String,
}

impl EcsCall for ReplyTicket {
    const SPEC: &'static Spec =
        &row("ReplyTicket", "ecs:ReplyTicket", "ticket/<id>", &[&REGION_ID, &TICKET_ID, &CONTENT]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self { id: TICKET_ID.read(parameters)?, content: CONTENT.read(parameters)? })
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("ticket/{}", self.id))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.reply_ticket(&self.id, &self.content, permit, scope).await?;
        Ok(Value::Null)
    }
}

pub(crate) struct CloseTicket(String);

impl EcsCall for CloseTicket {
    const SPEC: &'static Spec = &row("CloseTicket", "ecs:CloseTicket", "ticket/<id>", &[&REGION_ID, &TICKET_ID]);

    fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        Ok(Self(TICKET_ID.read(parameters)?))
    }

    async fn needs(&self, _: &Ecs, scope: &Scope) -> Result<Vec<Need>, EcsError> {
        Ok(vec![need(Self::SPEC, scope, &format!("ticket/{}", self.0))])
    }

    async fn run(self, ecs: &Ecs, permit: &Permit, scope: &Scope) -> Result<Value, EcsError> {
        ecs.close_ticket(&self.0, permit, scope).await?;
        Ok(Value::Null)
    }
}

fn ticket(described: &DescribedTicket) -> Value {
    let DescribedTicket { ticket, replies } = described;
    let replies: Vec<Value> = replies
        .iter()
        .map(|reply| {
            json!({ "Author": reply.author, "Content": reply.content, "CreationTime": written(reply.created_at) })
        })
        .collect();
    json!({
        "TicketId": ticket.id,
        "Kind": ticket.kind,
        "Size": ticket.gib,
        "Status": ticket.status,
        "CreationTime": written(ticket.created_at),
        "UpdateTime": written(ticket.updated_at),
        "Replies": { "Reply": replies },
    })
}
