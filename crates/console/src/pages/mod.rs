//! The pages, by section. Each module has its addresses in `routes`, its texts, and its templates in a folder of the same name.

mod access;
mod audit;
mod confirm;
mod images;
mod instances;
mod key_pairs;
mod keys;
mod language;
mod overview;
mod own_keys;
mod password;
mod sign_in;
mod tasks;
mod tickets;
mod usage;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Redirect;
use axum::routing::get;

use crate::assets;
use crate::shared::Shared;
use crate::visit::Visit;

/// Everything below `/console`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    let pages = Router::new()
        .merge(overview::routes())
        .merge(images::routes())
        .merge(instances::routes())
        .merge(key_pairs::routes())
        .merge(tasks::routes())
        .merge(tickets::routes())
        .merge(keys::routes())
        .merge(access::routes())
        .merge(usage::routes())
        .merge(audit::routes())
        .merge(password::routes());
    let console = Router::new().merge(assets::routes()).merge(sign_in::routes()).merge(language::routes());
    Router::new()
        .route("/console", get(home))
        .route("/console/", get(home))
        .nest("/console", console)
        .route("/console/{region}", get(async |visit: Visit| visit.go("overview")))
        .route("/console/{region}/", get(async |visit: Visit| visit.go("overview")))
        .nest("/console/{region}", pages)
        .fallback(async |visit: Visit| visit.not_found())
        // The address of a form's button, opened as a page.
        .method_not_allowed_fallback(async |visit: Visit| visit.go("overview"))
}

/// The overview of the default region; whoever is not signed in is sent on from there.
async fn home(State(shared): State<Arc<Shared>>) -> Redirect {
    let region = shared.calls.regions().first().map_or("", String::as_str);
    Redirect::to(&format!("/console/{region}/overview"))
}
