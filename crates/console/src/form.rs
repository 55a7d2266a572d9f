//! Forms: what stands in one, and that it was posted by a page of the session.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::Response;
use crypto::mac;

use crate::shared::Shared;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// Field that a page posts with each form.
const CSRF: &str = "csrf";

/// What the name of a field begins with that stands in for a list to choose from: what is typed there goes before what is chosen.
const TYPED: &str = "Typed.";

/// A form that was posted by a page of this session.
pub(crate) struct Posted {
    pub(crate) visit: Visit,
    pub(crate) fields: Fields,
}

/// What stands in a form.
#[derive(Debug, Default, Clone)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// Reads a form's body. Of a field that is there twice, the last counts.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let pairs = serde_urlencoded::from_bytes::<Vec<(String, String)>>(body).ok()?;
        let (typed, chosen): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| name.starts_with(TYPED));
        let typed = typed.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let typed = typed.map(|(name, value)| (name[TYPED.len()..].to_owned(), value));
        Some(Self(chosen.into_iter().chain(typed).collect()))
    }

    /// A field without spaces around it; empty if it is not there.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    /// A field as it was sent: passwords may have spaces.
    pub(crate) fn exact(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Takes a field away.
    pub(crate) fn clear(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Whether a box is ticked.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Those of `names` that are not empty, to be sent as parameters of the same names.
    pub(crate) fn given<'a>(&'a self, names: &[&'a str]) -> Vec<(&'a str, &'a str)> {
        names.iter().map(|name| (*name, self.get(name))).filter(|(_, value)| !value.is_empty()).collect()
    }

    /// All fields as they were sent, but for the page's own.
    pub(crate) fn sent(&self) -> Vec<(String, String)> {
        let sent = self.0.iter().filter(|(name, _)| *name != CSRF);
        sent.map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

impl<'a> FromIterator<(&'a str, String)> for Fields {
    /// A form that is filled in beforehand.
    fn from_iter<I: IntoIterator<Item = (&'a str, String)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl FromRequest<Arc<Shared>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, shared).await?;
        let body = Bytes::from_request(Request::from_parts(parts, body), shared).await;
        let fields = body.ok().and_then(|body| Fields::read(&body)).unwrap_or_default();
        if mac::equal(fields.get(CSRF).as_bytes(), visit.csrf.as_bytes()) {
            return Ok(Self { visit, fields });
        }
        let trouble = Trouble::stale_form(visit.language);
        Err(visit.trouble_page(StatusCode::FORBIDDEN, trouble))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is typed goes before what is chosen, wherever it stands; an empty field goes before nothing.
    #[test]
    fn what_is_typed_goes_before_what_is_chosen() {
        for (form, wanted) in [
            ("Key=a&Typed.Key=b", "b"),
            ("Typed.Key=b&Key=a", "b"),
            ("Typed.Key=b", "b"),
            ("Key=a&Typed.Key=+", "a"),
            ("Key=a&Key=c", "c"),
        ] {
            assert_eq!(Fields::read(form.as_bytes()).unwrap().get("Key"), wanted, "{form}");
        }
        let sent = Fields::read(b"csrf=x&Key=+a").unwrap().sent();
        assert_eq!(sent, [("Key".to_owned(), " a".to_owned())]);
    }
}
