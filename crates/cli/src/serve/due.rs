//! What happens by itself: rotation, expiry of imported material, the end of waiting times, and the rest of what is destroyed.

use std::sync::Arc;
use std::time::Duration;

use api::Keys;

use super::backend::Backend;

/// How often the catalog is asked for what is due.
const PERIOD: Duration = Duration::from_secs(30);

/// Works until it is aborted. A failure is logged and tried again: what is due stays due.
pub(super) async fn run(backend: Arc<Backend>) {
    let mut timer = tokio::time::interval(PERIOD);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        let kms = backend.kms();
        report("rotated", kms.rotate_due_keys().await);
        report("took the expired material of", kms.expire_due_material().await);
        report("destroyed", kms.destroy_due_keys().await);
        // After them: it is their rest too.
        match kms.settle().await {
            Ok(true) => {}
            Ok(false) => tracing::warn!(
                "destroyed key material stays in catalog.sqlite-wal, because another program reads the catalog for long; it is tried again"
            ),
            Err(error) => {
                tracing::error!(%error, "destroyed key material cannot be overwritten yet; it is tried again");
            }
        }
    }
}

fn report(did: &str, result: kms::Result<Vec<kms::KeyId>>) {
    match result {
        Ok(keys) => keys.iter().for_each(|key| tracing::info!(key.id = %key, "{did} key {key}")),
        Err(error) => tracing::error!(%error, "what is due could not be done; it is tried again"),
    }
}
