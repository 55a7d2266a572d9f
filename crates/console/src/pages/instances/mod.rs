//! Instances: all of them, a new one, and one with its disks and its serial console.

mod choices;
mod console;
mod delete;
mod detail;
mod disk_fields;
mod disks;
mod image;
mod instance;
mod list;
mod power;
mod replace;
mod run;

use std::sync::Arc;

use axum::Router;
use serde::Deserialize;

use crate::shared::Shared;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .merge(list::routes())
        .merge(run::routes())
        .merge(detail::routes())
        .merge(console::routes())
        .merge(power::routes())
        .merge(delete::routes())
        .merge(disks::routes())
        .merge(replace::routes())
        .merge(image::routes())
}

/// The instance of a path; region and other parts of the path are read elsewhere.
#[derive(Deserialize)]
struct Of {
    id: String,
}
