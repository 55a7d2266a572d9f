//! Security tokens: all that is to know about a session, sealed, so that no record of it is kept.
//!
//! ```text
//!   base64url( seal( u64be account  u64be role id  i64be expiry in seconds
//!                    { u32be len  bytes } × 5: role, session, access key id, secret, session policy or nothing ))
//! ```
//!
//! Sealed by [`crypto::seal`], so the holder reads nothing in it, the temporary secret included, and cannot change it. The role's
//! id is there besides its name: a token does not outlive its role, even when a new role takes the name.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crypto::{Context, Random, Secret, seal};
use jiff::Timestamp;

use super::access_key::AccessKeyId;
use crate::identity::{AccountId, EntityId, RoleName, SessionName};
use crate::policy::SessionPolicy;

/// Longest token, in characters: a session policy of 2,048 bytes, which can grow when it is written in full, and all names at
/// their longest, need less. It fits in a header.
const CHARS_MAX: usize = 8192;

/// A session of a role.
///
/// Has no `Debug` and is not copied, as it holds the temporary secret.
pub struct SecurityToken {
    /// The account of the role.
    pub account: AccountId,
    /// The role.
    pub role: RoleName,
    /// The role's id when it was assumed.
    pub role_id: EntityId,
    /// The session.
    pub session: SessionName,
    /// The temporary key. A request that is signed with another is refused (`MismatchWithAccessKey`).
    pub access_key_id: AccessKeyId,
    /// The temporary secret.
    pub secret: Secret,
    /// What narrows the session.
    pub policy: Option<SessionPolicy>,
    /// First moment at which the token is worth nothing. Whole seconds: a fraction is lost in the token.
    pub expires_at: Timestamp,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not made by us, made under another key, or changed: one case on purpose.
    #[error("the security token is not valid")]
    NotAuthentic,
    /// Ours, but its time is over.
    #[error("the security token has expired")]
    Expired,
}

impl SecurityToken {
    /// The token as text: at most 8,192 letters, digits, `-` and `_`.
    #[must_use]
    pub fn encode(&self, key: &Secret, random: &dyn Random) -> String {
        URL_SAFE_NO_PAD.encode(seal::seal(key, &context(), self.to_bytes().expose(), random))
    }

    /// Reads a token that `key` sealed.
    ///
    /// Errors: `NotAuthentic` for whatever is wrong with the text, `Expired` for a good one that is too old.
    pub fn decode(text: &str, key: &Secret, now: Timestamp) -> Result<Self, TokenError> {
        if text.len() > CHARS_MAX {
            return Err(TokenError::NotAuthentic);
        }
        let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::NotAuthentic)?;
        let bytes = seal::open(key, &context(), &sealed).map_err(|seal::NotAuthentic| TokenError::NotAuthentic)?;
        let token = Self::from_bytes(bytes.expose()).ok_or(TokenError::NotAuthentic)?;
        if now < token.expires_at { Ok(token) } else { Err(TokenError::Expired) }
    }

    /// Written in place, so that no copy of the secret stays behind.
    fn to_bytes(&self) -> Secret {
        let policy = self.policy.as_ref().map(ToString::to_string).unwrap_or_default();
        let numbers = [self.account.number(), self.role_id.number()].map(u64::to_be_bytes);
        let expiry = self.expires_at.as_second().to_be_bytes();
        let texts: [&[u8]; 5] = [
            self.role.as_str().as_bytes(),
            self.session.as_str().as_bytes(),
            self.access_key_id.as_str().as_bytes(),
            self.secret.expose(),
            policy.as_bytes(),
        ];
        // Names and documents are far shorter than 2^32.
        let lens = texts.map(|text| (text.len() as u32).to_be_bytes());
        let fields = lens.iter().zip(texts).flat_map(|(len, text)| [len.as_slice(), text]);
        let pieces: Vec<&[u8]> = numbers.iter().chain([&expiry]).map(<[u8; 8]>::as_slice).chain(fields).collect();
        Secret::from_fn(pieces.iter().map(|piece| piece.len()).sum(), |out| {
            let mut rest = out;
            for piece in pieces {
                let (place, behind) = rest.split_at_mut(piece.len());
                place.copy_from_slice(piece);
                rest = behind;
            }
        })
    }

    /// `None` for what [`Self::to_bytes`] does not write: a token of another version of this program.
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields { rest: bytes };
        let account = AccountId::from_number(u64::from_be_bytes(fields.number()?))?;
        let role_id = EntityId::from_number(u64::from_be_bytes(fields.number()?))?;
        let expires_at = Timestamp::from_second(i64::from_be_bytes(fields.number()?)).ok()?;
        let role = fields.text()?.parse().ok()?;
        let session = fields.text()?.parse().ok()?;
        let access_key_id = fields.text()?.parse().ok()?;
        let secret = Secret::copy_of(fields.bytes()?);
        let policy = match fields.text()? {
            "" => None,
            document => Some(SessionPolicy::from_canonical(document).ok()?),
        };
        let token = Self { account, role, role_id, session, access_key_id, secret, policy, expires_at };
        fields.rest.is_empty().then_some(token)
    }
}

fn context() -> Context {
    Context::from_pairs([("purpose", "sts security token v1")]).expect("one short pair")
}

/// What is left of the opened bytes.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (number, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*number)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(u32::from_be_bytes(self.number()?)).ok()?;
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use crypto::SeededRandom;

    use super::*;
    use crate::keys::AccessKey;

    const NARROW: &str = r#"{"Statement":[{"Action":"kms:Decrypt","Effect":"Allow","Resource":"*"}],"Version":"1"}"#;

    fn key(byte: u8) -> Secret {
        Secret::copy_of(&[byte; 32])
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn token(policy: Option<&str>) -> SecurityToken {
        let random = SeededRandom::new(b"session");
        let AccessKey { id, secret } = AccessKey::for_session(&random);
        SecurityToken {
            account: "1234567890123456".parse().unwrap(),
            role: "ops".parse().unwrap(),
            role_id: EntityId::generate(&random),
            session: "bob@laptop".parse().unwrap(),
            access_key_id: id,
            secret,
            policy: policy.map(|policy| policy.parse().unwrap()),
            expires_at: at(1_800_000_000),
        }
    }

    fn encoded(token: &SecurityToken) -> String {
        token.encode(&key(1), &SeededRandom::new(b"seal"))
    }

    /// Everything comes back, the secret too, and nothing of it can be read in the text.
    #[test]
    fn tokens_come_back() {
        for policy in [None, Some(NARROW)] {
            let token = token(policy);
            let text = encoded(&token);
            let again = SecurityToken::decode(&text, &key(1), at(1_799_999_999)).ok().unwrap();
            assert!(again.secret.equals(&token.secret));
            assert_eq!(
                (again.account, again.role_id, again.expires_at),
                (token.account, token.role_id, token.expires_at)
            );
            assert_eq!((again.role, again.session), (token.role, token.session));
            assert_eq!((again.access_key_id, again.policy), (token.access_key_id, token.policy));
            let clear = URL_SAFE_NO_PAD.decode(text).unwrap();
            assert!(!clear.windows(30).any(|window| window == token.secret.expose()));
        }
    }

    /// Every changed or missing character, another key, another sealed value and excess length are one and the same error.
    #[test]
    fn tampering_is_one_error() {
        let refusal = |text: &str, key: &Secret| SecurityToken::decode(text, key, at(0)).err();
        let text = encoded(&token(Some(NARROW)));
        for place in 0..text.len() {
            let other = if text.as_bytes()[place] == b'A' { "B" } else { "A" };
            let mut changed = text.clone();
            changed.replace_range(place..=place, other);
            assert_eq!(refusal(&changed, &key(1)), Some(TokenError::NotAuthentic), "character {place}");
            assert_eq!(refusal(&text[..place], &key(1)), Some(TokenError::NotAuthentic), "cut to {place}");
        }
        assert_eq!(refusal(&text, &key(2)), Some(TokenError::NotAuthentic));
        assert_eq!(refusal(&(text.clone() + "A"), &key(1)), Some(TokenError::NotAuthentic));
        assert_eq!(refusal(&(text + "=="), &key(1)), Some(TokenError::NotAuthentic));
        assert_eq!(refusal(&"A".repeat(1_000_000), &key(1)), Some(TokenError::NotAuthentic));
        let elsewhere = Context::from_pairs([("purpose", "another")]).unwrap();
        let bytes = token(None).to_bytes();
        let foreign = seal::seal(&key(1), &elsewhere, bytes.expose(), &SeededRandom::new(b"seal"));
        assert_eq!(refusal(&URL_SAFE_NO_PAD.encode(foreign), &key(1)), Some(TokenError::NotAuthentic));
    }

    /// Sealed bytes of another layout are refused, whatever they are cut to.
    #[test]
    fn another_layout_is_not_authentic() {
        let bytes = token(Some(NARROW)).to_bytes();
        for len in 0..bytes.len() {
            assert!(SecurityToken::from_bytes(&bytes.expose()[..len]).is_none(), "cut to {len}");
        }
        assert!(SecurityToken::from_bytes(&[bytes.expose(), &[0]].concat()).is_none());
        assert!(SecurityToken::from_bytes(&[0xff; 200]).is_none());
    }

    /// A token ends at its second, not after it.
    #[test]
    fn tokens_expire() {
        let text = encoded(&token(None));
        assert!(SecurityToken::decode(&text, &key(1), at(1_799_999_999)).is_ok());
        assert_eq!(SecurityToken::decode(&text, &key(1), at(1_800_000_000)).err(), Some(TokenError::Expired));
    }

    /// The longest names and the session policy that grows most when written in full stay within the limit.
    #[test]
    fn the_longest_token_is_read_back() {
        let dates = vec![r#""20260101T00Z""#; 128].join(",");
        let policy = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateEquals":{{"a:b":[{dates}]}}}}}}]}}"#
        );
        assert!((1_900..=2_048).contains(&policy.len()), "{}", policy.len());
        let mut token = token(Some(&policy));
        token.role = "r".repeat(64).parse().unwrap();
        token.session = "s".repeat(64).parse().unwrap();
        token.access_key_id = format!("STS.{}", "a".repeat(60)).parse().unwrap();
        let text = encoded(&token);
        assert!(text.len() <= CHARS_MAX, "{}", text.len());
        assert!(SecurityToken::decode(&text, &key(1), at(0)).is_ok());
    }
}
