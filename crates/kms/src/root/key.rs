use std::sync::Arc;
use std::time::Duration;

use crypto::{Context, Random, Secret, seal};
use tokio::sync::Semaphore;

use super::error::RootError;
use super::token::{IV_BYTES, TokenKey};
use super::{CHECK_TEXT, check_context, sealed_file};

/// A token serves as many calls at once. More wait for their turn; each has a thread and a session of its own.
const TOKEN_CALLS_MAX: usize = 16;

/// A call that waits longer, for its turn or for the token, is told that the token does not answer.
const TOKEN_PATIENCE: Duration = Duration::from_secs(10);

/// A root key, of either kind.
#[derive(Clone)]
pub(super) enum RootKey {
    /// In our memory.
    Held(Arc<Secret>),
    /// In a token, which does the work.
    InToken { key: Arc<TokenKey>, turns: Arc<Semaphore> },
}

impl RootKey {
    pub(super) fn held(key: Secret) -> Self {
        Self::Held(Arc::new(key))
    }

    pub(super) fn in_token(key: TokenKey) -> Self {
        Self::InToken { key: Arc::new(key), turns: Arc::new(Semaphore::new(TOKEN_CALLS_MAX)) }
    }

    /// Wraps a value.
    ///
    /// Errors: those of a token.
    pub(super) async fn wrap(
        &self,
        context: &Context,
        value: &Secret,
        random: &dyn Random,
    ) -> Result<Vec<u8>, RootError> {
        match self {
            Self::Held(key) => Ok(seal::seal(key, context, value.expose(), random)),
            Self::InToken { key, turns } => {
                let mut iv = [0; IV_BYTES];
                random.fill(&mut iv);
                let (context, value) = (context.clone(), value.duplicate());
                in_turn(key, turns, move |key| key.seal(&context, &value, iv)).await
            }
        }
    }

    /// Opens a wrapped value; `None` when it is not one of this key and context, or was changed.
    ///
    /// Errors: those of a token.
    pub(super) async fn unwrap(&self, context: &Context, wrapped: &[u8]) -> Result<Option<Secret>, RootError> {
        match self {
            Self::Held(key) => Ok(seal::open(key, context, wrapped).ok()),
            Self::InToken { key, turns } => {
                let (context, wrapped) = (context.clone(), wrapped.to_vec());
                in_turn(key, turns, move |key| key.open(&context, &wrapped)).await
            }
        }
    }

    /// Makes a check value: what tells later that a key is this one.
    pub(super) async fn new_check(&self, random: &dyn Random) -> Result<Vec<u8>, RootError> {
        self.wrap(&check_context(), &Secret::copy_of(CHECK_TEXT), random).await
    }

    /// Whether `check` is a check value of this key.
    pub(super) async fn belongs_to(&self, check: &[u8]) -> Result<bool, RootError> {
        let opened = self.unwrap(&check_context(), check).await?;
        Ok(opened.is_some_and(|text| text.expose() == CHECK_TEXT))
    }

    /// The key under a passphrase, as text.
    ///
    /// Errors: `NoBackup` for a key in a token; `Passphrase`.
    pub(super) fn backup(&self, passphrase: &Secret, random: &dyn Random) -> Result<Vec<u8>, RootError> {
        match self {
            Self::Held(key) => sealed_file::encode(key, passphrase, random),
            Self::InToken { key, .. } => Err(RootError::NoBackup { place: key.place().to_string() }),
        }
    }
}

/// Modules block, and a token that hangs keeps its threads: they are counted, so that it cannot take all of them.
async fn in_turn<T: Send + 'static>(
    key: &Arc<TokenKey>,
    turns: &Arc<Semaphore>,
    call: impl FnOnce(&TokenKey) -> Result<T, RootError> + Send + 'static,
) -> Result<T, RootError> {
    let gone = |why: &str| RootError::TokenGone { place: key.place().to_string(), why: why.to_owned() };
    let called = async {
        let turn = turns.clone().acquire_owned().await.map_err(|_| gone("the service is being stopped"))?;
        let key = key.clone();
        let called = tokio::task::spawn_blocking(move || {
            let _until_the_call_ends = turn;
            call(&key)
        });
        called.await.map_err(|_| gone("the service is being stopped"))?
    };
    tokio::time::timeout(TOKEN_PATIENCE, called).await.unwrap_or_else(|_| Err(gone("it takes too long")))
}
