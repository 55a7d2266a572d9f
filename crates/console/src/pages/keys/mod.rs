//! Keys: the list, making one, one key with all that can be done to it, and the way in for material of the owner's own.
//!
//! ```text
//! /keys  /keys/create  /keys/<id>  /keys/<id>/disable  /keys/<id>/delete  /keys/<id>/delete-material  /keys/<id>/import
//! ```

mod changes;
mod create;
mod danger;
mod detail;
mod import;
mod key;
mod list;
mod openssl;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::shared::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/keys", get(list::list))
        .route("/keys/create", get(create::form).post(create::create))
        .route("/keys/open-service", post(list::open_service))
        .route("/keys/{id}", get(detail::detail))
        .route("/keys/{id}/change/{what}", post(changes::change))
        .route("/keys/{id}/disable", get(danger::disable_form).post(danger::disable))
        .route("/keys/{id}/delete", get(danger::delete_form).post(danger::delete))
        .route("/keys/{id}/delete-material", get(danger::delete_material_form).post(danger::delete_material))
        .route("/keys/{id}/import", get(import::begin).post(import::parameters))
        .route("/keys/{id}/import/material", post(import::material))
        .route("/keys/{id}/import/file", post(import::file))
}
