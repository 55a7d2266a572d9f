//! Announces a file that the script sends. The bytes go past the console, to `/uploads/` (docs/uploads.md).

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;

use crate::calls::Product;
use crate::form::Posted;
use crate::shared::Shared;
use crate::shown::{number, text};
use crate::trouble::Trouble;
use crate::visit::rendered;

/// What the script needs to send.
#[derive(Template)]
#[template(path = "images/uploading.html")]
struct Uploading {
    upload: String,
    token: String,
    /// How many bytes are there already.
    offset: u64,
}

/// Why a file is not taken.
#[derive(Template)]
#[template(path = "images/not_taken.html")]
struct NotTaken {
    trouble: Trouble,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/images/import/upload", post(announce))
}

async fn announce(Posted { visit, fields }: Posted) -> Response {
    match visit.call(Product::Ecs, "CreateUpload", &fields.given(&["Size", "Sha256"])).await {
        Ok(answer) => {
            let (upload, token) = (text(&answer, "UploadId"), text(&answer, "Token"));
            rendered(StatusCode::OK, &Uploading { upload, token, offset: number(&answer, "Offset") })
        }
        Err(refusal) => rendered(refusal.http_status(), &NotTaken { trouble: visit.told(&refusal) }),
    }
}
