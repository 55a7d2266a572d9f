//! What the buttons of an instance's page ask for. A refusal is shown on that page.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;

use super::Of;
use super::detail::{ChangeForm, refused};
use crate::calls::Product;
use crate::form::Posted;
use crate::shared::Shared;
use crate::visit::Visit;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/instances/{id}/start", post(start))
        .route("/instances/{id}/stop", post(stop))
        .route("/instances/{id}/reboot", post(reboot))
        .route("/instances/{id}/change", post(change))
}

async fn start(Path(of): Path<Of>, posted: Posted) -> Response {
    act(&posted.visit, &of.id, ("StartInstance", &[]), None).await
}

async fn stop(Path(of): Path<Of>, posted: Posted) -> Response {
    act(&posted.visit, &of.id, ("StopInstance", &posted.fields.given(&["ForceStop"])), None).await
}

async fn reboot(Path(of): Path<Of>, posted: Posted) -> Response {
    act(&posted.visit, &of.id, ("RebootInstance", &posted.fields.given(&["ForceStop"])), None).await
}

async fn change(Path(of): Path<Of>, posted: Posted) -> Response {
    let typed = ChangeForm::typed(&posted.fields);
    let protection = typed.is_protected.to_string();
    let parameters =
        [("InstanceName", &*typed.name), ("Description", &typed.description), ("DeletionProtection", &protection)];
    act(&posted.visit, &of.id, ("ModifyInstanceAttribute", &parameters), Some(&typed)).await
}

/// `typed`: what the page shows again if the call is refused.
async fn act(
    visit: &Visit,
    id: &str,
    (action, more): (&'static str, &[(&str, &str)]),
    typed: Option<&ChangeForm>,
) -> Response {
    let parameters = [&[("InstanceId", id)], more].concat();
    match visit.call(Product::Ecs, action, &parameters).await {
        Ok(_) => visit.go(format!("instances/{id}")),
        Err(refusal) => refused(visit, id, &refusal, typed).await,
    }
}
