//! Whom a key policy or trust policy names.
//!
//! Every principal names an account: there is no grant to everybody. What is written `acs:ram::<account>:root` and
//! `acs:ram::<account>:*` is the account; the sources use both for the same default (kms.md 7).

use std::fmt;

use serde_json::{Map, Value};

use super::error::PolicyError;
use super::node::{Node, one_or_more};
use super::pattern::Pattern;
use crate::identity::{AccountId, Arn, ArnOwner, Identity, Principal, ServiceName, parts};

/// How a principal names an identity. Later ones are stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Naming {
    /// Not at all.
    No,
    /// Only its account: the account's own policies have a say.
    Account,
    /// Itself.
    Identity,
}

/// An account, or identities in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccountPrincipal {
    account: AccountId,
    /// Pattern of the relative id; `None` is the account itself.
    within: Option<Pattern>,
}

/// Kinds of identities that can be named within an account.
const IDENTITY_KINDS: [&str; 3] = ["user/", "role/", "assumed-role/"];

impl AccountPrincipal {
    pub(super) fn read(node: &Node<'_>, text: &str) -> Result<Self, PolicyError> {
        let refuse = || {
            node.refuse(format_args!(
                "{text:?} is not a principal: write acs:ram::<account>:root, or user/<name> or role/<name> in its place"
            ))
        };
        let Some(["ram", "" | "*", account, relative_id]) = parts(text) else { return Err(refuse()) };
        let account = account.parse().map_err(|_| refuse())?;
        let names_one_kind =
            || IDENTITY_KINDS.iter().any(|kind| relative_id.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
        match relative_id {
            "root" | "*" => Ok(Self { account, within: None }),
            _ if names_one_kind() => Ok(Self { account, within: Some(Pattern::new(relative_id)) }),
            _ => Err(refuse()),
        }
    }

    /// The account itself.
    pub(super) fn account(account: AccountId) -> Self {
        Self { account, within: None }
    }

    pub(crate) fn naming(&self, identity: Identity<'_>) -> Naming {
        if identity.account != self.account {
            return Naming::No;
        }
        match (&self.within, identity.principal) {
            (None, Principal::Root) => Naming::Identity,
            (None, Principal::User { .. } | Principal::Session { .. }) => Naming::Account,
            (Some(pattern), principal) if relative_ids(principal).iter().any(|id| pattern.matches(id)) => {
                Naming::Identity
            }
            _ => Naming::No,
        }
    }
}

/// Every way in which a document may write a user or session. `role/<role>/<session>` is what AssumeRole answers.
fn relative_ids(principal: &Principal) -> Vec<String> {
    match principal {
        Principal::User { name, .. } => vec![format!("user/{name}")],
        Principal::Session { role, session } => {
            vec![format!("role/{role}"), format!("role/{role}/{session}"), format!("assumed-role/{role}/{session}")]
        }
        Principal::Root | Principal::Service(_) => Vec::new(),
    }
}

impl fmt::Display for AccountPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let relative_id = self.within.as_ref().map_or("root", Pattern::as_str);
        write!(f, "acs:ram::{}:{relative_id}", self.account)
    }
}

/// The element `Principal` of a trust policy. At least one of the three lists has an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TrustPrincipals {
    accounts: Vec<AccountPrincipal>,
    services: Vec<ServicePrincipal>,
    /// Identity providers. Nobody signs in through one here, so they are kept and never match.
    federated: Vec<Arn>,
}

/// `<service>`, working for the account of the role, or `<account>@<service>`, working for another. Source: ram.md 6.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ServicePrincipal {
    account: Option<AccountId>,
    service: ServiceName,
}

impl TrustPrincipals {
    pub(super) fn read(node: &Node<'_>) -> Result<Self, PolicyError> {
        let mut principals = Self { accounts: Vec::new(), services: Vec::new(), federated: Vec::new() };
        node.members(&["RAM", "Service", "Federated"])?;
        for (kind, names) in node.entries()? {
            match kind {
                "RAM" => principals.accounts = names.texts(AccountPrincipal::read)?,
                "Service" => principals.services = names.texts(ServicePrincipal::read)?,
                _ => principals.federated = names.texts(identity_provider)?,
            }
        }
        Ok(principals)
    }

    /// Whether a role of `role_account` with these principals speaks of this identity. One named through its account is:
    /// AssumeRole asks the account's own policies besides.
    pub(super) fn name(&self, identity: Identity<'_>, role_account: AccountId) -> bool {
        self.accounts.iter().any(|principal| principal.naming(identity) > Naming::No)
            || self.services.iter().any(|principal| principal.names(identity, role_account))
    }

    pub(super) fn to_json(&self) -> Value {
        let mut object = Map::new();
        let mut insert = |kind: &str, names: Vec<String>| {
            if !names.is_empty() {
                object.insert(kind.to_owned(), one_or_more(names));
            }
        };
        insert("RAM", self.accounts.iter().map(ToString::to_string).collect());
        insert("Service", self.services.iter().map(ToString::to_string).collect());
        insert("Federated", self.federated.iter().map(ToString::to_string).collect());
        object.into()
    }
}

impl ServicePrincipal {
    fn read(node: &Node<'_>, text: &str) -> Result<Self, PolicyError> {
        let refuse = || node.refuse(format_args!("{text:?} is not a service: write it like ecs.aliyuncs.com"));
        let (account, service) = match text.split_once('@') {
            Some((account, service)) => (Some(account.parse().map_err(|_| refuse())?), service),
            None => (None, text),
        };
        Ok(Self { account, service: service.parse().map_err(|_| refuse())? })
    }

    fn names(&self, identity: Identity<'_>, role_account: AccountId) -> bool {
        matches!(identity.principal, Principal::Service(service) if *service == self.service)
            && identity.account == self.account.unwrap_or(role_account)
    }
}

impl fmt::Display for ServicePrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(account) = self.account {
            write!(f, "{account}@")?;
        }
        self.service.fmt(f)
    }
}

fn identity_provider(node: &Node<'_>, text: &str) -> Result<Arn, PolicyError> {
    let is_provider = |arn: &Arn| {
        let kind = ["saml-provider/", "oidc-provider/"].iter().any(|kind| arn.relative_id().starts_with(kind));
        arn.service() == "ram" && matches!(arn.owner(), ArnOwner::Account(_)) && kind
    };
    text.parse().ok().filter(is_provider).ok_or_else(|| {
        node.refuse(format_args!("{text:?} is not an identity provider: write acs:ram::<account>:saml-provider/<name>"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "1234567890123456";

    fn principal(text: &str) -> Result<AccountPrincipal, PolicyError> {
        AccountPrincipal::read(&Node::root(&Value::Null), text)
    }

    /// The account names its root, and the others only through itself; patterns name users and sessions, never root.
    #[test]
    fn principals_name_identities() {
        use Naming::{Account, Identity as Itself, No};
        let root = Principal::Root;
        let bob = Principal::User { name: "bob".parse().unwrap(), id: "204398765432109876".parse().unwrap() };
        let ops = Principal::Session { role: "ops".parse().unwrap(), session: "s1".parse().unwrap() };
        let ecs = Principal::Service("ecs.aliyuncs.com".parse().unwrap());
        let cases = [
            ("acs:ram::1234567890123456:root", [Itself, Account, Account, No]),
            ("acs:ram::1234567890123456:*", [Itself, Account, Account, No]),
            ("acs:ram::1234567890123456:user/bob", [No, Itself, No, No]),
            ("acs:ram:*:1234567890123456:user/b*", [No, Itself, No, No]),
            ("acs:ram::1234567890123456:role/ops", [No, No, Itself, No]),
            ("acs:ram::1234567890123456:role/ops/s1", [No, No, Itself, No]),
            ("acs:ram::1234567890123456:assumed-role/ops/*", [No, No, Itself, No]),
            ("acs:ram::1234567890123456:assumed-role/ops/s2", [No, No, No, No]),
            ("acs:ram::1234567890123457:root", [No, No, No, No]),
            ("acs:ram::1234567890123457:user/*", [No, No, No, No]),
        ];
        for (text, wanted) in cases {
            let principal = principal(text).unwrap();
            let account = ACCOUNT.parse().unwrap();
            let found = [&root, &bob, &ops, &ecs].map(|who| principal.naming(Identity { account, principal: who }));
            assert_eq!(found, wanted, "{text}");
        }
    }

    /// Nobody can be granted to everybody.
    #[test]
    fn principals_without_an_account_are_refused() {
        for bad in [
            "*",
            "acs:ram::*:root",
            "acs:ram:::root",
            "acs:ram::1234567890123456:user/",
            "acs:ram::1234567890123456:u*",
            "acs:ram::1234567890123456:group/g",
            "acs:kms::1234567890123456:root",
            "acs:ram::123:root",
            "1234567890123456",
        ] {
            assert!(principal(bad).is_err(), "{bad}");
        }
    }
}
