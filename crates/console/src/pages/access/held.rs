//! Changes of a group or a role: its policies, and its deletion.

use axum::response::Response;

use super::attached::Holder;
use crate::calls::{Product, Refusal};
use crate::change::Change;
use crate::form::Posted;
use crate::pages::confirm::{self, Deletion};
use crate::shell::Section;

/// How one of them is deleted.
pub(super) struct Deleted {
    pub(super) action: &'static str,
    pub(super) question: Deletion,
    /// Path of the list that it is in.
    pub(super) list: &'static str,
}

/// Carries out the change that the last part of an address names, and goes to the page that comes next.
///
/// Errors: what the page of the holder shows.
pub(super) async fn change(
    Posted { visit, fields }: &Posted,
    (holder, name): (Holder, &str),
    what: &str,
    Deleted { action, question, list }: Deleted,
) -> Result<Response, Refusal> {
    let here = format!("{list}/{name}");
    if what == "delete" {
        if let Some(asked) = confirm::ask(visit, Section::Access, (question, name), fields, &here) {
            return Ok(asked);
        }
        Change::new(action, vec![(holder.parameter(), name.to_owned())]).carry_out(visit, Product::Ram).await?;
        return Ok(visit.go(list));
    }
    let Some(change) = holder.change(what, name, fields) else { return Ok(visit.not_found()) };
    change.carry_out(visit, Product::Ram).await?;
    Ok(visit.go(here))
}
