//! Changes the language.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, Path, Query};
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::sign_in::local;
use crate::language::{COOKIE, Language};
use crate::shared::Shared;
use crate::{Visitor, cookies};

/// How long a choice is remembered.
const LIFE: Duration = Duration::from_secs(400 * 24 * 3600);

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    to: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/language/{tag}", get(choose))
}

async fn choose(
    Path(tag): Path<String>,
    Query(asked): Query<Asked>,
    Extension(visitor): Extension<Visitor>,
) -> Response {
    let language = Language::of_tag(&tag).unwrap_or(Language::English);
    let cookie = cookies::set(COOKIE, language.tag(), Some(LIFE), visitor.secure_transport);
    ([(SET_COOKIE, cookie)], Redirect::to(local(&asked.to))).into_response()
}
