//! Who asks: accounts, names, ARNs, and the caller of a request.

pub use account::{AccountId, InvalidAccountId};
pub(crate) use arn::parts;
pub use arn::{Arn, ArnOwner, InvalidArn, ResourceKind};
pub use caller::{Caller, Identity, InvalidServiceName, Principal, ServiceName};
pub use entity_id::{EntityId, InvalidEntityId};
pub use names::{
    AccountName, GroupName, InvalidName, NameFault, NameKind, PolicyName, RoleName, SessionName, UserName,
};

mod account;
mod arn;
mod caller;
mod entity_id;
mod names;
