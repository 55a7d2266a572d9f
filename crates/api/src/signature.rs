//! Who a request claims to be from, in either scheme, and whether the signature bears it out.
//!
//! Taking a claim apart is pure; `authenticate` asks about it. What was signed may hold the plaintext of an `Encrypt` call, so
//! a claim has no `Debug` and no part of it gets into an answer or a log but the access key id.

mod authorization;
mod v1;
mod v3;

pub(crate) use authorization::{ALGORITHM, Authorization};
pub(crate) use v3::{canonical as canonical_v3, string_to_sign as string_to_sign_v3};

use crypto::Secret;
use crypto::mac::{equal, hmac_sha1, hmac_sha256};
use jiff::Timestamp;

use crate::errors::{self, Refusal};
use crate::product::Dialect;
use crate::request::Request;

/// Version of the signature. Source: wire.md 4, 5.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// HMAC-SHA1 over the parameters.
    V1,
    /// HMAC-SHA256 over request line, headers and body.
    V3(Authorization),
}

/// What a call names before anyone has looked at its signature.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    pub(crate) action: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    /// The `Format` parameter, which only v1 has.
    pub(crate) format: Option<&'a str>,
}

/// A claim to be the owner of an access key.
pub(crate) struct Claim {
    pub(crate) access_key_id: String,
    pub(crate) security_token: Option<String>,
    /// When the request says that it was made.
    pub(crate) made_at: Timestamp,
    pub(crate) nonce: String,
    mac: Mac,
    signed: Vec<u8>,
    signature: Vec<u8>,
    /// Whether the body is the one whose digest was signed. Always true in v1, which signs the parameters themselves.
    body_intact: bool,
}

enum Mac {
    Sha1,
    Sha256,
}

/// Longest access key id, and longest nonce: both go into stores. Ours; clients send up to 64 characters (wire.md 3).
const NAME_BYTES_MAX: usize = 128;

impl Scheme {
    /// v3 if the `Authorization` header says so, else v1. Source: wire.md 12.
    ///
    /// Errors: `IncompleteSignature`, `InvalidSignatureMethod` for a v3 header that is not whole.
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        match request.header(&hyper::header::AUTHORIZATION)? {
            Some(header) if header.starts_with("ACS3-") => Ok(Self::V3(Authorization::parse(header)?)),
            _ => Ok(Self::V1),
        }
    }

    /// Action, version and format as the scheme carries them.
    ///
    /// Errors: `IncompleteSignature` for a header that is there twice.
    pub(crate) fn named<'a>(&self, request: &'a Request) -> Result<Named<'a>, Refusal> {
        match self {
            Self::V1 => Ok(v1::named(request)),
            Self::V3(_) => v3::named(request),
        }
    }

    /// The claim, complete and well formed.
    ///
    /// Errors: `MissingParameter`, `IncompleteSignature`, `InvalidSignatureMethod`, `InvalidParameter`, `InvalidTimeStamp.Format`.
    pub(crate) fn claim(&self, request: &Request, dialect: Dialect) -> Result<Claim, Refusal> {
        let claim = match self {
            Self::V1 => v1::claim(request, dialect)?,
            Self::V3(authorization) => v3::claim(request, authorization, dialect)?,
        };
        for (name, value) in [("AccessKeyId", &claim.access_key_id), ("SignatureNonce", &claim.nonce)] {
            if value.is_empty() {
                return Err(Refusal::new(errors::missing_parameter(dialect), &[name]));
            }
            if value.len() > NAME_BYTES_MAX {
                return Err(Refusal::new(&errors::INVALID_PARAMETER, &[name]));
            }
        }
        Ok(claim)
    }
}

impl Claim {
    /// Whether the owner of `secret` signed this. Takes the same time wherever the first difference is.
    pub(crate) fn is_signed_with(&self, secret: &Secret) -> bool {
        let matches = match self.mac {
            Mac::Sha1 => {
                let key = Secret::from_fn(secret.len() + 1, |out| {
                    let (start, end) = out.split_at_mut(secret.len());
                    start.copy_from_slice(secret.expose());
                    end.fill(b'&');
                });
                equal(&hmac_sha1(key.expose(), &self.signed), &self.signature)
            }
            Mac::Sha256 => equal(&hmac_sha256(secret.expose(), &self.signed), &self.signature),
        };
        matches && self.body_intact
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`, nothing else: the standard has more spellings than signers and servers agree on.
///
/// Errors: `InvalidTimeStamp.Format`.
fn timestamp(text: &str) -> Result<Timestamp, Refusal> {
    const FORM: &[u8; 20] = b"0000-00-00T00:00:00Z";
    let shaped = text.len() == FORM.len()
        && text.bytes().zip(FORM).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form });
    let time = Some(text).filter(|_| shaped).and_then(|text| text.parse().ok());
    time.ok_or_else(|| Refusal::new(&errors::INVALID_TIMESTAMP_FORMAT, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One spelling of a time is read.
    #[test]
    fn times_have_one_spelling() {
        assert_eq!(timestamp("2019-06-01T08:00:00Z").unwrap().as_second(), 1_559_376_000);
        for text in [
            "",
            "2019-06-01T08:00:00+00:00",
            "2019-06-01 08:00:00Z",
            "2019-06-01T08:00:00z",
            "2019-6-1T8:00:00Z",
            "2019-02-30T08:00:00Z",
            "2019-06-01T25:00:00Z",
            "2019-06-01T08:00:00.0Z",
            "20190601T080000Z",
            "２019-06-01T08:00Z",
        ] {
            assert!(timestamp(text).is_err(), "{text}");
        }
    }
}
