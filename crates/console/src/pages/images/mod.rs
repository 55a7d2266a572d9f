//! Images: all of them, one with what can be done with it, copies and imports.

mod copy;
mod delete;
mod detail;
mod disk;
mod export;
mod forms;
mod image;
mod import;
mod list;
mod selection;

use std::sync::Arc;

use axum::Router;
use serde::Deserialize;
use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::shared::Shared;
use crate::shown::{list, text};
use crate::visit::Visit;

/// Code of the refusal by which a dry run says that the call would be carried out.
const PASSED: &str = "DryRunOperation";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .merge(list::routes())
        .merge(import::routes())
        .merge(detail::routes())
        .merge(forms::routes())
        .merge(copy::routes())
        .merge(export::routes())
        .merge(delete::routes())
}

/// The image of a path; the region is read elsewhere.
#[derive(Deserialize)]
struct Of {
    id: String,
}

/// Ids of the keys that disks of these images are under.
fn key_ids(images: &[Value]) -> Vec<String> {
    let disks = images.iter().flat_map(|image| list(&image["Reseal"], "Disks", "Disk"));
    disks.map(|disk| text(disk, "KMSKeyId")).collect()
}

/// The image of an id as the API shows it, in whatever status, if there is one in the region of the page.
async fn found(visit: &Visit, id: &str) -> Result<Option<Value>, Refusal> {
    let wanted = [("ImageId", id), ("Status", "ALL")];
    let answer = visit.call(Product::Ecs, "DescribeImages", &wanted).await?;
    Ok(list(&answer, "Images", "Image").first().cloned())
}
