//! Access keys of users, temporary keys of sessions, and the security token that goes with these.

pub use access_key::{AccessKey, AccessKeyId, InvalidAccessKeyId};
pub use security_token::{SecurityToken, TokenError};

mod access_key;
mod security_token;
