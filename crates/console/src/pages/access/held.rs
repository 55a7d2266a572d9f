//! The pages of what has policies and no more: a group, a role. How they are shown and changed is the same.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;

use super::attached::Holder;
use crate::calls::{Product, Refusal};
use crate::change::Change;
use crate::form::Posted;
use crate::pages::confirm::{self, Deletion};
use crate::shell::Section;
use crate::visit::Visit;

/// Such a page.
pub(super) trait HolderPage: Template + Send + Sized {
    const HOLDER: Holder;

    /// How one is deleted.
    const DELETED: Deleted;

    /// Asks for it. `refused`: what stood in the way of a change.
    fn look(visit: &Visit, name: &str, refused: Option<&Refusal>)
    -> impl Future<Output = Result<Self, Refusal>> + Send;
}

/// How one of them is deleted.
pub(super) struct Deleted {
    pub(super) action: &'static str,
    pub(super) question: Deletion,
    /// Path of the list that it is in.
    pub(super) list: &'static str,
}

pub(super) async fn detail<P: HolderPage>(visit: Visit, Path((_, name)): Path<(String, String)>) -> Response {
    let page = P::look(&visit, &name, None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn change<P: HolderPage>(
    Path((_, name, what)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    match carry_out::<P>(&posted, &name, &what).await {
        Ok(response) => response,
        Err(refusal) => {
            let page = P::look(&posted.visit, &name, Some(&refusal)).await;
            posted.visit.answer(Section::Access, page, Some(&refusal))
        }
    }
}

/// Does what the last part of an address names, and goes to the page that comes next.
async fn carry_out<P: HolderPage>(
    Posted { visit, fields }: &Posted,
    name: &str,
    what: &str,
) -> Result<Response, Refusal> {
    let Deleted { action, question, list } = P::DELETED;
    let here = format!("{list}/{name}");
    if what == "delete" {
        if let Some(asked) = confirm::ask(visit, Section::Access, (question, name), fields, &here) {
            return Ok(asked);
        }
        Change::new(action, vec![(P::HOLDER.parameter(), name.to_owned())]).carry_out(visit, Product::Ram).await?;
        return Ok(visit.go(list));
    }
    let Some(change) = P::HOLDER.change(what, name, fields) else { return Ok(visit.not_found()) };
    change.carry_out(visit, Product::Ram).await?;
    Ok(visit.go(here))
}
