//! For tests: a whole console over an API that the test plays, with the first account signed in.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::header::{COOKIE, LOCATION};
use axum::http::{Method, Request};
use catalog::{Catalog, Clock as _, ManualClock};
use crypto::{Secret, SeededRandom};
use ram::{Permit, Ram, RequestFacts, SignIn};
use serde_json::Value;
use tempfile::TempDir;

use crate::calls::{Call, Calling, Calls, Refusal};
use crate::visit::{SESSION_COOKIE, csrf, form_urlencoded};
use crate::{Console, Shared, Visitor};

const VISITOR: Visitor = Visitor { source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST), secure_transport: true };

/// A console, and who looks at it. Its pages are in English.
pub(crate) struct Stage {
    console: Console,
    api: Arc<Played>,
    clock: Arc<ManualClock>,
    session: String,
    _directory: TempDir,
}

/// What a browser is answered.
pub(crate) struct Seen {
    pub(crate) status: u16,
    /// Where it is sent on, below the region.
    pub(crate) to: String,
    pub(crate) html: String,
}

/// What the API answers an action with its parameters.
type Answer = dyn Fn(&str, &BTreeMap<String, String>) -> Result<Value, Refusal> + Send + Sync;

/// The API of the test.
struct Played {
    answer: Box<Answer>,
    asked: Mutex<Vec<String>>,
    regions: [String; 1],
}

impl Calls for Played {
    fn call(&self, call: Call) -> Calling<'_> {
        let sent = call.parameters.iter().filter(|(name, _)| *name != "RegionId");
        let asked = sent.fold(call.action.to_owned(), |asked, (name, value)| format!("{asked} {name}={value}"));
        self.asked.lock().unwrap().push(asked);
        let answer = (self.answer)(call.action, &call.parameters);
        Box::pin(async { answer })
    }

    fn regions(&self) -> &[String] {
        &self.regions
    }
}

/// A refusal with this code.
pub(crate) fn refused(code: &str) -> Refusal {
    let (code, request_id) = (code.to_owned(), "r-1".to_owned());
    Refusal { status: 403, code, message: String::new(), request_id, denied: None, checks: None }
}

impl Stage {
    /// `answer`: of an action with its parameters.
    pub(crate) async fn open(
        answer: impl Fn(&str, &BTreeMap<String, String>) -> Result<Value, Refusal> + Send + Sync + 'static,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Catalog::open(&directory.path().join("data")).await.unwrap());
        let clock = Arc::new(ManualClock::new("2026-11-28T10:00:00Z".parse().unwrap()));
        let random = Arc::new(SeededRandom::new(b"stage"));
        let ram = Ram::new(catalog, Arc::clone(&clock) as _, Arc::clone(&random) as _, Secret::copy_of(&[7; 32]));
        let permit = Permit::for_local_operator(ram.ensure_account().await.unwrap(), clock.now());
        let key = ram.reset_root_access_key(&permit).await.unwrap();
        let facts = RequestFacts { source_ip: Some(VISITOR.source_ip), secure_transport: true, now: clock.now() };
        let shown = SignIn::AccessKey { id: key.id.as_str(), secret: &key.secret };
        let session = ram.sign_in(shown, &facts).await.unwrap().expose().to_owned();
        let (asked, regions) = (Mutex::default(), ["cn-hangzhou".to_owned()]);
        let api = Arc::new(Played { answer: Box::new(answer), asked, regions });
        let shared = Shared::new(Arc::new(ram), Arc::clone(&api) as _, Arc::clone(&clock) as _, random);
        Self { console: Console::new(shared), api, clock, session, _directory: directory }
    }

    /// Opens a page of the region.
    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send(Method::GET, path, Bytes::new()).await
    }

    /// Sends a form of a page.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let token = csrf(&self.session);
        let body = form_urlencoded(&[fields, &[("csrf", token.as_str())]].concat());
        self.send(Method::POST, path, Bytes::from(body)).await
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Seen {
        let request = Request::builder().method(method).uri(format!("/console/cn-hangzhou/{path}"));
        let request = request.header(COOKIE, format!("{SESSION_COOKIE}={}", self.session)).body(body).unwrap();
        let answer = self.console.answer(request, VISITOR).await;
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().replace("/console/cn-hangzhou/", ""));
        let html = String::from_utf8(answer.body().to_vec()).unwrap();
        Seen { status: answer.status().as_u16(), to: to.unwrap_or_default(), html }
    }

    /// What the API was asked for since this was last called: `EnableKey KeyId=k`, without the region.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.api.asked.lock().unwrap())
    }

    pub(crate) fn wait(&self, time: Duration) {
        self.clock.advance(time.try_into().unwrap());
    }
}
