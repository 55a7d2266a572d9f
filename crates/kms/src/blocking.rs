use crate::error::{KmsError, Result};

/// Runs work that keeps a core busy for longer than a millisecond, such as RSA with private keys, on a thread that may block.
///
/// Errors: those of `work`; `Interrupted` when the runtime ends.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| KmsError::Interrupted)?
}
