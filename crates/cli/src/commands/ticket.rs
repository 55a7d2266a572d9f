use std::process::ExitCode;

use anyhow::{Context, Result};
use ecs::Verdict;

use crate::args::{TicketArgs, TicketCommand, VerdictArgs};
use crate::images::{self, TicketView, Tickets};
use crate::output;
use crate::remote::Server;
use crate::store::Store;

pub(crate) fn run(args: TicketArgs, store: &Store, server: Server) -> Result<ExitCode> {
    let images = images::open(store, server, args.region.region)?;
    let tickets: &dyn Tickets = images.as_ref();
    match args.command {
        TicketCommand::Create { size, reason } => output::line(&tickets.create(size, &reason)?),
        TicketCommand::List { output } => list(tickets.tickets()?, output.json)?,
        TicketCommand::Show { ticket, output } => {
            let found = tickets.tickets()?.into_iter().find(|found| found.ticket_id == ticket);
            let found = found.with_context(|| format!("there is no ticket {ticket} in region {}", images.region()))?;
            show(&found, output.json)?;
        }
        TicketCommand::Reply { ticket, text } => {
            tickets.reply(&ticket, &text)?;
            output::line(&format!("{ticket}: replied"));
        }
        TicketCommand::Close { ticket } => {
            tickets.close(&ticket)?;
            output::line(&format!("{ticket}: closed"));
        }
        TicketCommand::Approve(VerdictArgs { ticket, reply }) => {
            tickets.decide(&ticket, Verdict::Approve, &reply)?;
            output::line(&format!("{ticket}: approved"));
        }
        TicketCommand::Reject(VerdictArgs { ticket, reply }) => {
            tickets.decide(&ticket, Verdict::Reject, &reply)?;
            output::line(&format!("{ticket}: rejected"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(tickets: Vec<TicketView>, json: bool) -> Result<()> {
    if json {
        return output::json(&tickets);
    }
    let row = |t: TicketView| vec![t.ticket_id, t.kind, format!("{} GiB", t.size), t.status, t.creation_time];
    output::table(&["ticket id", "kind", "size", "status", "created"], tickets.into_iter().map(row));
    Ok(())
}

fn show(ticket: &TicketView, json: bool) -> Result<()> {
    if json {
        return output::json(ticket);
    }
    let TicketView { ticket_id, kind, size, status, .. } = ticket;
    output::line(&format!("{ticket_id}: {kind}, {size} GiB, {status}"));
    for reply in &ticket.replies {
        output::line(&format!("{} {}: {}", reply.creation_time, reply.author, reply.content));
    }
    Ok(())
}
