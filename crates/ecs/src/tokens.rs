//! `ClientToken`: a call that is sent again makes nothing new. Source: wire.md 8, reports.md R27.

use catalog::{Account, ClientToken, Timestamp, Write};

use crate::error::{EcsError, Result};

/// Most characters of a token.
const CHARS_MAX: usize = 64;

/// A token of a call, with what makes two calls the same.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    account: Account,
    action: &'static str,
    token: String,
    parameters: [u8; 32],
}

impl Token {
    /// The token of a call, if it has one. `parameters`: all others of the call, as text.
    ///
    /// Errors: `InvalidClientToken`.
    pub(crate) fn of(
        token: Option<&str>,
        account: &Account,
        action: &'static str,
        parameters: &impl std::fmt::Debug,
    ) -> Result<Option<Self>> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        if token.len() > CHARS_MAX || !token.is_ascii() {
            return Err(EcsError::InvalidClientToken);
        }
        let digest = crypto::digest::sha256(format!("{parameters:?}").as_bytes());
        Ok(Some(Self { account: account.clone(), action, token: token.to_owned(), parameters: digest }))
    }

    /// A name for the call: the same for the same token, and for no other.
    pub(crate) fn name(&self) -> String {
        format!("{} {} {}", self.action, self.account, self.token)
    }

    /// What the earlier call with this token was answered, if there was one.
    ///
    /// Errors: `ClientTokenMismatch` when that call had other parameters.
    pub(crate) async fn earlier_answer(&self, read: &mut catalog::Read<'_>) -> Result<Option<String>> {
        match read.client_token(&self.account, self.action, &self.token).await? {
            None => Ok(None),
            Some(earlier) if earlier.parameters == self.parameters => Ok(Some(earlier.answer)),
            Some(_) => Err(EcsError::ClientTokenMismatch),
        }
    }

    /// Remembers the answer, in the change that the call makes.
    pub(crate) async fn remember(&self, write: &mut Write, answer: &str, now: Timestamp) -> Result<()> {
        let record = ClientToken {
            account: self.account.clone(),
            action: self.action.to_owned(),
            token: self.token.clone(),
            parameters: self.parameters,
            answer: answer.to_owned(),
            created_at: now,
        };
        Ok(write.client_token_insert(&record).await?)
    }
}
