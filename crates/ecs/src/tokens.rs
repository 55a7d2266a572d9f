//! `ClientToken`: a call that is sent again makes nothing new. Source: wire.md 8, reports.md R27.

use catalog::{Account, ClientToken, Scope, Timestamp, Write};

use crate::error::{EcsError, Result};

/// Most characters of a token.
const CHARS_MAX: usize = 64;

/// What a caller sent as `ClientToken`, and beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallToken {
    /// The token; an empty one is none.
    pub token: String,
    /// SHA-256 of the parameters of the call, as they were sent: what was not sent does not count. So a retry is the same call also to a
    /// later program, which knows more parameters.
    pub parameters: [u8; 32],
}

/// A token of a call, with what makes two calls the same.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    account: Account,
    action: &'static str,
    token: String,
    parameters: [u8; 32],
}

impl Token {
    /// The token of a call, if it has one.
    ///
    /// Errors: `InvalidClientToken`.
    pub(crate) fn of(sent: Option<&CallToken>, action: &'static str, scope: &Scope) -> Result<Option<Self>> {
        let Some(CallToken { token, parameters }) = sent.filter(|sent| !sent.token.is_empty()) else {
            return Ok(None);
        };
        if token.len() > CHARS_MAX || !token.is_ascii() {
            return Err(EcsError::InvalidClientToken);
        }
        // The region is a part of the call also where it follows from the address that it was sent to.
        let parameters = crypto::digest::sha256(&[parameters, scope.region.as_str().as_bytes()].concat());
        Ok(Some(Self { account: scope.account.clone(), action, token: token.clone(), parameters }))
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of a call does not change, or a retry over an upgrade would be refused. Computed by Python's hashlib.
    #[test]
    fn what_is_kept_of_a_call_stays_the_same() {
        let sent = CallToken { token: "t".to_owned(), parameters: [7; 32] };
        let scope = Scope { region: "cn-hangzhou".parse().unwrap(), ..Scope::default() };
        let token = Token::of(Some(&sent), "CopyImage", &scope).unwrap().unwrap();
        let shown: String = token.parameters.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown, "53bb90342fb33a4cbdabd9e6ad2a25f4f67bb82f6bc7cdcfc5fef84825ad606e");
        let elsewhere = Scope { region: "cn-shanghai".parse().unwrap(), ..scope };
        let other = Token::of(Some(&sent), "CopyImage", &elsewhere).unwrap().unwrap();
        assert_ne!(other.parameters, token.parameters);
    }

    /// An empty token is none; one that the API does not take is refused.
    #[test]
    fn tokens_have_one_form() {
        let of = |token: &str| {
            let sent = CallToken { token: token.to_owned(), parameters: [7; 32] };
            Token::of(Some(&sent), "CopyImage", &Scope::default()).map(|token| token.is_some())
        };
        assert!(!of("").unwrap() && of(&"a".repeat(64)).unwrap());
        for bad in ["ä", &"a".repeat(65)] {
            assert!(matches!(of(bad), Err(EcsError::InvalidClientToken)), "{bad}");
        }
    }
}
