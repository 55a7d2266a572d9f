//! Lists of what RAM knows by names: users, groups, roles.

use super::AccessWords;
use crate::calls::Refusal;
use crate::paging::{Marked, Paging};
use crate::shown::{Time, list, text};
use crate::visit::Visit;

/// A page of such a list. Shown by `{% include "access/listed.html" %}`.
pub(super) struct Listed {
    pub(super) words: &'static AccessWords,
    /// Heads of the columns between name and time.
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Named>,
    pub(super) paging: Paging,
}

/// One of them.
pub(super) struct Named {
    pub(super) name: String,
    /// Address of its page.
    pub(super) address: String,
    pub(super) cells: Vec<String>,
    pub(super) created: Time,
}

/// What is listed.
pub(super) struct What<'a> {
    pub(super) action: &'static str,
    /// What all of them are called.
    pub(super) title: &'static str,
    /// How the answer nests them, and the field that names one.
    pub(super) nested: (&'static str, &'static str, &'static str),
    /// Path of the list, and the one below which its pages are.
    pub(super) paths: (&'static str, &'static str),
    /// Columns between name and time: their heads and fields.
    pub(super) columns: &'a [(&'static str, &'static str)],
}

impl Listed {
    pub(super) async fn look(visit: &Visit, what: What<'_>) -> Result<Self, Refusal> {
        let page = Marked::asked(visit);
        let answer = page.call(visit, what.action, &[]).await?;
        let (outer, inner, name_field) = what.nested;
        let (list_at, pages) = what.paths;
        let rows = list(&answer, outer, inner).iter().map(|found| {
            let name = text(found, name_field);
            Named {
                address: visit.path(format_args!("{pages}/{name}")),
                name,
                cells: what.columns.iter().map(|(_, field)| text(found, field)).collect(),
                created: Time::of(found, "CreateDate"),
            }
        });
        Ok(Self {
            words: AccessWords::of(visit.language),
            heads: what.columns.iter().map(|(head, _)| *head).collect(),
            rows: rows.collect(),
            paging: page.line(visit, what.title, (list_at, &[]), &answer),
        })
    }
}
