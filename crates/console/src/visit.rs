//! A visit: who asks for a page, in which region and language, and the calls that a page makes for them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use crypto::mac;
use ram::{ConsoleSession, RequestFacts, SessionError, SessionUse};
use serde_json::Value;

use crate::calls::{Call, Product, Refusal};
use crate::form::Fields;
use crate::language::Language;
use crate::once::{Made, Unmade};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::number;
use crate::trouble::{self, Trouble, TroublePage};
use crate::{Visitor, cookies};

/// Cookie of a session.
pub(crate) const SESSION_COOKIE: &str = "reseal_session";

/// Field and parameter of a form's token.
pub(crate) const FORM_TOKEN: &str = "ClientToken";

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
                return Err(trouble::unavailable(language).map(Body::from));
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

    /// How many entries a list has.
    pub(crate) async fn count(
        &self,
        product: Product,
        action: &'static str,
        filters: &[(&str, &str)],
    ) -> Result<u64, Refusal> {
        let answer = self.call(product, action, &[filters, &[("PageSize", "1")]].concat()).await?;
        Ok(number(&answer, "TotalCount"))
    }

    /// Makes something once, however often a form of this session with a token is sent to the same address. One that says something
    /// else by now is another form.
    pub(crate) async fn once(
        &self,
        fields: &Fields,
        make: impl Future<Output = Result<Made, Refusal>>,
    ) -> Result<Made, Unmade<Refusal>> {
        let form = match fields.get(FORM_TOKEN) {
            "" => String::new(),
            _ => format!("{} {:?}", self.uri.path(), fields.sent()),
        };
        self.shared.once.make((&self.csrf, &form), &*self.shared.clock, make).await
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
        self.answer(section, page, None)
    }

    /// A page that was asked for, or that a form led to; on it stands what refused the form.
    pub(crate) fn answer<T: Template>(
        &self,
        section: Section,
        page: Result<T, Refusal>,
        refused: Option<&Refusal>,
    ) -> Response {
        match page {
            Ok(page) => rendered(refused.map_or(StatusCode::OK, Refusal::http_status), &page),
            Err(refusal) => self.trouble(section, &refusal),
        }
    }

    /// As [`Visit::answer`], for a page of something that may not be there.
    pub(crate) fn answer_found<T: Template>(
        &self,
        section: Section,
        page: Result<Option<T>, Refusal>,
        refused: Option<&Refusal>,
    ) -> Response {
        match page.transpose() {
            Some(page) => self.answer(section, page, refused),
            None => self.not_found(),
        }
    }

    /// What refused a form, in words.
    pub(crate) fn told(&self, refusal: &Refusal) -> Trouble {
        Trouble::new(refusal, self.language)
    }

    /// A page that says what stood in the way.
    pub(crate) fn trouble(&self, section: Section, refusal: &Refusal) -> Response {
        let page = TroublePage { shell: self.shell(section), trouble: self.told(refusal) };
        rendered(refusal.http_status(), &page)
    }

    /// There is no such page.
    pub(crate) fn not_found(&self) -> Response {
        self.trouble_page(StatusCode::NOT_FOUND, Trouble::not_found(self.language))
    }

    /// The form made something before, and what it made is not told any more.
    pub(crate) fn sent_before(&self) -> Response {
        self.trouble_page(StatusCode::CONFLICT, Trouble::sent_before(self.language))
    }

    /// A page of no section that says what is wrong.
    pub(crate) fn trouble_page(&self, status: StatusCode, trouble: Trouble) -> Response {
        rendered(status, &TroublePage { shell: self.shell(Section::None), trouble })
    }

    /// Goes to another page of this region after a form was taken.
    pub(crate) fn go(&self, rest: impl Display) -> Response {
        Redirect::to(&self.path(rest)).into_response()
    }

    /// A token that makes a call of a form once, however often the form is sent: it stands in the form. One that was refused keeps its
    /// own, so that a call which succeeded after all is not made twice.
    pub(crate) fn form_token(&self, sent: &Fields) -> String {
        if !sent.get(FORM_TOKEN).is_empty() {
            return sent.get(FORM_TOKEN).to_owned();
        }
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
            (StatusCode::INTERNAL_SERVER_ERROR, "This page cannot be shown. 无法显示此页面。\n").into_response()
        }
    }
}
