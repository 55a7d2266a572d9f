/// Runs calls of the file system where they may block.
///
/// It runs to its end even when the caller stops waiting.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Blocking work is cancelled only by a runtime that is going down, and then this future is not polled again.
            Err(_) => std::future::pending().await,
        },
    }
}
