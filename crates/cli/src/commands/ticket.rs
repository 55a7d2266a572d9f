use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use catalog::SystemClock;
use ecs::{TicketDesk, Verdict};

use crate::args::{AskCommand, OperatorCommand, TicketArgs, TicketCommand, VerdictArgs};
use crate::images::{self, Images, TicketView, Tickets, ticket_view};
use crate::output;
use crate::remote::Server;
use crate::store::{OpenStore, Store};

pub(crate) fn run(args: TicketArgs, store: &Store, server: Server) -> Result<ExitCode> {
    match args.command {
        TicketCommand::Operator(command) => operate(command, store, server)?,
        TicketCommand::Account(command) => ask(command, images::open(store, server, args.region.region)?.as_ref())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What an account asks.
fn ask(command: AskCommand, images: &dyn Images) -> Result<()> {
    let tickets: &dyn Tickets = images;
    match command {
        AskCommand::Create { size, reason } => output::line(&tickets.create(size, &reason)?),
        AskCommand::List { output } => list(tickets.tickets()?, output.json)?,
        AskCommand::Show { ticket, output } => {
            let found = tickets.tickets()?.into_iter().find(|found| found.ticket_id == ticket);
            let found = found.with_context(|| format!("there is no ticket {ticket} in region {}", images.region()))?;
            show(&found, output.json)?;
        }
        AskCommand::Reply { ticket, text } => {
            tickets.reply(&ticket, &text)?;
            output::line(&format!("{ticket}: replied"));
        }
        AskCommand::Close { ticket } => {
            tickets.close(&ticket)?;
            output::line(&format!("{ticket}: closed"));
        }
    }
    Ok(())
}

fn operate(command: OperatorCommand, store: &Store, server: Server) -> Result<()> {
    if server.open(None)?.is_some() {
        bail!(
            "tickets are the operator's to decide, on the host of the server: run the command with its data directory"
        );
    }
    let store = store.open_existing()?;
    // A server may run beside it: it looks the limit up with each copy.
    let desk = TicketDesk::new(store.kms.catalog(), Arc::new(SystemClock));
    match command {
        OperatorCommand::Pending { output } => {
            let pending = store.runtime.block_on(desk.pending())?;
            list(pending.into_iter().map(ticket_view).collect(), output.json)
        }
        OperatorCommand::Approve(verdict) => decide(&store, &desk, Verdict::Approve, &verdict),
        OperatorCommand::Reject(verdict) => decide(&store, &desk, Verdict::Reject, &verdict),
    }
}

fn decide(store: &OpenStore, desk: &TicketDesk, verdict: Verdict, args: &VerdictArgs) -> Result<()> {
    let VerdictArgs { ticket, reply } = args;
    store.runtime.block_on(desk.decide(ticket, verdict, reply))?;
    let done = match verdict {
        Verdict::Approve => "approved",
        Verdict::Reject => "rejected",
    };
    output::line(&format!("{ticket}: {done}"));
    Ok(())
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
