//! Whether a claim holds: time, then access key, then signature, then nonce. Source of the order: wire.md 12.

use jiff::{SignedDuration, Timestamp};

use crate::errors::{self, Refusal};
use crate::product::Dialect;
use crate::services::{AccessKeyRefused, Origin, Services, Unavailable};
use crate::signature::Claim;

/// How far the clocks of client and server may be apart, either way. Source: wire.md 6.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(15);

/// The caller that a claim proves.
///
/// The nonce comes last: a request that is not signed by the owner must not use up the owner's nonce.
///
/// Errors: `InvalidTimeStamp.Expired`, `InvalidAccessKeyId.*`, `InvalidSecurityToken.*`, `SignatureDoesNotMatch`,
/// `SignatureNonceUsed`; 503 if keys or nonces cannot be read.
pub(crate) async fn authenticate<S: Services>(
    services: &S,
    claim: &Claim,
    origin: &Origin,
    dialect: Dialect,
) -> Result<S::Caller, Refusal> {
    if origin.now.duration_since(claim.made_at).abs() > SKEW_MAX {
        return Err(Refusal::new(&errors::INVALID_TIMESTAMP_EXPIRED, &[]));
    }
    let key = services.access_key(&claim.access_key_id, claim.security_token.as_deref(), origin).await;
    let key = key.map_err(|refused| refusal_of(refused, dialect))?;
    if !claim.is_signed_with(&key.secret) {
        return Err(Refusal::new(&errors::SIGNATURE_DOES_NOT_MATCH, &[]));
    }
    match services.take(&claim.access_key_id, &claim.nonce, expiry(claim.made_at)).await {
        Ok(true) => Ok(key.caller),
        Ok(false) => Err(Refusal::new(&errors::SIGNATURE_NONCE_USED, &[])),
        Err(why) => Err(unavailable(&why, dialect)),
    }
}

/// From when on the time alone refuses the request.
fn expiry(made_at: Timestamp) -> Timestamp {
    made_at.saturating_add(SKEW_MAX).expect("a signed duration has no calendar units")
}

fn refusal_of(refused: AccessKeyRefused, dialect: Dialect) -> Refusal {
    let row = match refused {
        AccessKeyRefused::NotFound => &errors::INVALID_ACCESS_KEY_ID,
        AccessKeyRefused::Inactive => errors::access_key_inactive(dialect),
        AccessKeyRefused::TokenMissing => &errors::MISSING_SECURITY_TOKEN,
        AccessKeyRefused::TokenExpired => &errors::SECURITY_TOKEN_EXPIRED,
        AccessKeyRefused::TokenMalformed => &errors::SECURITY_TOKEN_MALFORMED,
        AccessKeyRefused::TokenMismatch => &errors::SECURITY_TOKEN_MISMATCH,
        AccessKeyRefused::Unavailable(why) => return unavailable(&why, dialect),
    };
    Refusal::new(row, &[])
}

fn unavailable(why: &Unavailable, dialect: Dialect) -> Refusal {
    tracing::error!(error = %why, "a request cannot be authenticated");
    Refusal::new(errors::unavailable(dialect), &[])
}
