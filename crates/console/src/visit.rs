//! A visit: who asks for a page, in which region and language, and the calls that a page makes for them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use crypto::mac;
use ram::{ConsoleSession, RequestFacts, SessionError, SessionUse};
use serde_json::Value;

use crate::calls::{Call, Product, Refusal};
use crate::language::Language;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{list, number};
use crate::trouble::{Trouble, TroublePage};
use crate::{Visitor, cookies};

/// Cookie of a session.
pub(crate) const SESSION_COOKIE: &str = "reseal_session";

/// Pages of a list of the API that are read at most, 100 entries each: who has more sees the newest.
const LIST_PAGES_MAX: usize = 20;

/// Page where a password is changed.
pub(crate) const PASSWORD_PAGE: &str = "password";

/// Header of the script's requests for a part of a page: they are never sent to the sign-in page, and keep no session alive.
const LIVE_HEADER: &str = "x-reseal-live";

/// Somebody who is signed in and asks for a page.
pub(crate) struct Visit {
    pub(crate) shared: Arc<Shared>,
    pub(crate) visitor: Visitor,
    pub(crate) language: Language,
    /// Region of the page: the first part of its path.
    pub(crate) region: String,
    pub(crate) session: ConsoleSession,
    /// What a form of this session must bring.
    pub(crate) csrf: String,
    /// Path and query of the page.
    pub(crate) uri: Uri,
    /// Whether a form was sent to it: then it is no page to come back to.
    pub(crate) is_posted: bool,
}

impl FromRequestParts<Arc<Shared>> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Response> {
        let visitor = *parts.extensions.get::<Visitor>().expect("every request has its visitor");
        let language = Language::of(&parts.headers);
        // Nested routers see a part of the path only.
        let uri = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0).clone();
        let is_live = parts.headers.contains_key(LIVE_HEADER);
        let is_posted = !matches!(parts.method, Method::GET | Method::HEAD);
        let away = || if is_live { StatusCode::UNAUTHORIZED.into_response() } else { signed_out(&uri, is_posted) };
        let token = cookies::value(&parts.headers, SESSION_COOKIE).ok_or_else(away)?;
        let facts = facts(shared, visitor);
        let used = if is_live { SessionUse::ByScript } else { SessionUse::ByPerson };
        let session = match shared.ram.session(&token, &facts, used).await {
            Ok(session) => session,
            Err(SessionError::Over) => return Err(away()),
            Err(SessionError::Failed(error)) => {
                tracing::error!(%error, "sessions cannot be read");
                return Err(Trouble::unavailable(language).into_response());
            }
        };
        let region = uri.path().split('/').nth(2).unwrap_or_default().to_owned();
        let shared = Arc::clone(shared);
        let visit =
            Self { shared, visitor, language, region, session, csrf: csrf(&token), uri: uri.clone(), is_posted };
        if !visit.shared.calls.regions().contains(&visit.region) {
            return Err(visit.not_found());
        }
        if visit.session.password_reset_required && !visit.may_be_done_first() {
            // A part of a page is not replaced by another page: its page is loaded again.
            return Err(if is_live { away() } else { visit.go(PASSWORD_PAGE) });
        }
        Ok(visit)
    }
}

/// What `ram` wants to know of a request.
pub(crate) fn facts(shared: &Shared, visitor: Visitor) -> RequestFacts {
    RequestFacts {
        source_ip: Some(visitor.source_ip),
        secure_transport: visitor.secure_transport,
        now: shared.clock.now(),
    }
}

/// Bound to the session, so it needs no place of its own.
pub(crate) fn csrf(token: &str) -> String {
    hex::encode(mac::hmac_sha256(token.as_bytes(), b"reseal console form"))
}

/// Whoever is not signed in goes to the sign-in page, and comes back to where they wanted to go.
fn signed_out(uri: &Uri, is_posted: bool) -> Response {
    let wanted = if is_posted { "/console/" } else { uri.path_and_query().map_or("/console/", PathAndQuery::as_str) };
    let mut to = form_urlencoded(&[("to", wanted)]);
    to.insert_str(0, "/console/sign-in?");
    Redirect::to(&to).into_response()
}

/// Names and values as a query.
pub(crate) fn form_urlencoded(pairs: &[(&str, &str)]) -> String {
    serde_urlencoded::to_string(pairs).expect("pairs of strings are always a query")
}

impl Visit {
    /// Calls an action in the region of the page.
    pub(crate) async fn call(
        &self,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Refusal> {
        self.call_in(&self.region, product, action, parameters).await
    }

    /// Calls an action in another region.
    pub(crate) async fn call_in(
        &self,
        region: &str,
        product: Product,
        action: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<Value, Refusal> {
        let named = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut parameters: BTreeMap<String, String> = named.collect();
        if product == Product::Ecs {
            parameters.entry("RegionId".to_owned()).or_insert_with(|| region.to_owned());
        }
        let call = Call {
            caller: self.session.caller.clone(),
            source_ip: self.visitor.source_ip,
            secure_transport: self.visitor.secure_transport,
            product,
            region: region.to_owned(),
            action,
            parameters,
        };
        self.shared.calls.call(call).await
    }

    /// All entries of a list in the region of the page, page after page.
    pub(crate) async fn all(
        &self,
        product: Product,
        action: &'static str,
        filters: &[(&str, &str)],
        names: (&str, &str),
    ) -> Result<Vec<Value>, Refusal> {
        self.all_in(&self.region, product, action, filters, names).await
    }

    /// All entries of a list in another region. `names`: how the answer nests them, such as `("Images", "Image")`.
    pub(crate) async fn all_in(
        &self,
        region: &str,
        product: Product,
        action: &'static str,
        filters: &[(&str, &str)],
        (outer, inner): (&str, &str),
    ) -> Result<Vec<Value>, Refusal> {
        let mut found = Vec::new();
        for page in 1..=LIST_PAGES_MAX {
            let page = page.to_string();
            let paging = [("PageNumber", page.as_str()), ("PageSize", "100")];
            let answer = self.call_in(region, product, action, &[filters, &paging].concat()).await?;
            let entries = list(&answer, outer, inner);
            found.extend_from_slice(entries);
            if entries.len() < 100 || found.len() as u64 >= number(&answer, "TotalCount") {
                break;
            }
        }
        Ok(found)
    }

    /// What the address asks for behind its `?`.
    pub(crate) fn query(&self) -> Fields {
        self.uri.query().and_then(|query| Fields::read(query.as_bytes())).unwrap_or_default()
    }

    /// What somebody may do whose password must be changed before anything else.
    fn may_be_done_first(&self) -> bool {
        [PASSWORD_PAGE, "sign-out"].iter().any(|page| self.uri.path() == self.path(page))
    }

    /// The frame of a page.
    pub(crate) fn shell(&self, section: Section) -> Shell {
        Shell::new(self, section)
    }

    /// Address of a page of this region: `self.path("images")`.
    pub(crate) fn path(&self, rest: impl Display) -> String {
        format!("/console/{}/{rest}", self.region)
    }

    /// A page, or what stood in its way.
    pub(crate) fn show<T: Template>(&self, section: Section, page: Result<T, Refusal>) -> Response {
        match page {
            Ok(page) => rendered(StatusCode::OK, &page),
            Err(refusal) => self.trouble(section, &refusal),
        }
    }

    /// A page that says what stood in the way.
    pub(crate) fn trouble(&self, section: Section, refusal: &Refusal) -> Response {
        let page = TroublePage { shell: self.shell(section), trouble: Trouble::new(refusal, self.language) };
        rendered(refusal.http_status(), &page)
    }

    /// There is no such page.
    pub(crate) fn not_found(&self) -> Response {
        let page = TroublePage { shell: self.shell(Section::None), trouble: Trouble::not_found(self.language) };
        rendered(StatusCode::NOT_FOUND, &page)
    }

    /// Goes to another page of this region after a form was taken.
    pub(crate) fn go(&self, rest: impl Display) -> Response {
        Redirect::to(&self.path(rest)).into_response()
    }

    /// A token that makes a call of a form once, however often the form is sent: it stands in the form.
    pub(crate) fn client_token(&self) -> String {
        let mut bytes = [0; 16];
        self.shared.random.fill(&mut bytes);
        hex::encode(bytes)
    }
}

/// A page as an answer.
pub(crate) fn rendered<T: Template>(status: StatusCode, page: &T) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

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
        serde_urlencoded::from_bytes::<Vec<(String, String)>>(body).ok().map(|pairs| Self(pairs.into_iter().collect()))
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
        if mac::equal(fields.get("csrf").as_bytes(), visit.csrf.as_bytes()) {
            return Ok(Self { visit, fields });
        }
        let page = TroublePage { shell: visit.shell(Section::None), trouble: Trouble::stale_form(visit.language) };
        Err(rendered(StatusCode::FORBIDDEN, &page))
    }
}
