//! The style sheet and the scripts. Their addresses name their contents, so a browser may keep them for ever and never shows an old one.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use crypto::digest::sha256;

/// A file that is part of the binary.
struct Asset {
    content_type: &'static str,
    bytes: &'static [u8],
    /// `console.<digest>.css`.
    name: LazyLock<String>,
}

static STYLE: Asset = Asset {
    content_type: "text/css; charset=utf-8",
    bytes: include_bytes!("../assets/console.css"),
    name: LazyLock::new(|| named(STYLE.bytes, "css")),
};

static SCRIPT: Asset = Asset {
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/console.js"),
    name: LazyLock::new(|| named(SCRIPT.bytes, "js")),
};

static UPLOAD: Asset = Asset {
    content_type: "text/javascript; charset=utf-8",
    bytes: include_bytes!("../assets/upload.js"),
    name: LazyLock::new(|| named(UPLOAD.bytes, "js")),
};

static ICON: Asset = Asset {
    content_type: "image/svg+xml",
    bytes: include_bytes!("../assets/icon.svg"),
    name: LazyLock::new(|| named(ICON.bytes, "svg")),
};

/// Address of the style sheet.
pub(crate) fn style() -> String {
    address(&STYLE)
}

/// Address of the script.
pub(crate) fn script() -> String {
    address(&SCRIPT)
}

/// Address of the script that sends files, which only the page that needs it has.
pub(crate) fn upload_script() -> String {
    address(&UPLOAD)
}

/// Address of the icon.
pub(crate) fn icon() -> String {
    address(&ICON)
}

/// Serves them.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{name}", get(serve))
}

async fn serve(Path(name): Path<String>) -> Response {
    match [&STYLE, &SCRIPT, &UPLOAD, &ICON].into_iter().find(|asset| *asset.name == name) {
        Some(asset) => {
            let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn address(asset: &Asset) -> String {
    format!("/console/assets/{}", *asset.name)
}

fn named(bytes: &[u8], kind: &str) -> String {
    format!("console.{}.{kind}", hex::encode(&sha256(bytes)[..8]))
}
