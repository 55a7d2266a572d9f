use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::database::{Row, values};
use crate::error::Result;
use crate::names::Account;
use crate::read::Read;
use crate::writer::Write;

/// Most attachments that are read for one user, role or policy: above every limit of the API, so a bound for memory only.
const LISTED_MAX: u32 = 10_000;

/// Text that is not one of the fixed words of an attachment.
#[derive(Debug)]
pub struct UnknownWord;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> std::result::Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    _ => Err(UnknownWord),
                }
            }
        }
    };
}

words! {
    /// Who wrote a policy.
    PolicyType {
        /// It is part of the program.
        System = "System",
        /// The account.
        Custom = "Custom",
    }
}

words! {
    /// What a policy can be attached to.
    TargetKind {
        /// A user.
        User = "user",
        /// A group: all its users have it.
        Group = "group",
        /// A role.
        Role = "role",
    }
}

/// Names a policy.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PolicyName {
    /// Who wrote it.
    pub policy_type: PolicyType,
    /// Its name.
    pub name: String,
}

/// A user, group or role of an account, by its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttachmentTarget {
    /// The account.
    pub account: Account,
    /// What it is.
    pub kind: TargetKind,
    /// Its id.
    pub id: String,
}

/// That somebody has a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Who.
    pub target: AttachmentTarget,
    /// Which.
    pub policy: PolicyName,
    /// Since when.
    pub attached_at: Timestamp,
}

/// A policy that counts for a user or role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which.
    pub policy: PolicyName,
    /// Its text, for a custom policy: that of the default version. The texts of system policies are part of the program.
    pub document: Option<String>,
}

impl PolicyName {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { policy_type: row.parsed("policy_type")?, name: row.value("policy_name")? })
    }
}

impl Attachment {
    fn from_row(row: &Row) -> Result<Self> {
        let target = AttachmentTarget {
            account: row.parsed("account")?,
            kind: row.parsed("target_kind")?,
            id: row.value("target_id")?,
        };
        Ok(Self { target, policy: PolicyName::from_row(row)?, attached_at: row.time("attached_at")? })
    }
}

impl Grant {
    fn from_row(row: &Row) -> Result<Self> {
        Ok(Self { policy: PolicyName::from_row(row)?, document: row.value("document")? })
    }
}

impl Read<'_> {
    /// What is attached to a user, group or role itself, by type and name.
    pub async fn attachments_of_target(&mut self, target: &AttachmentTarget) -> Result<Vec<Attachment>> {
        let sql = "SELECT * FROM policy_attachments WHERE target_id = $1 ORDER BY policy_type, policy_name LIMIT $2";
        self.records("list attachments", sql, values![&target.id, LISTED_MAX], Attachment::from_row).await
    }

    /// Who of an account has a policy, by kind and id.
    pub async fn attachments_of_policy(&mut self, policy: &PolicyName, account: &Account) -> Result<Vec<Attachment>> {
        let sql = "SELECT * FROM policy_attachments WHERE account = $1 AND policy_type = $2 AND policy_name = $3
                   ORDER BY target_kind, target_id LIMIT $4";
        let values = values![account, policy.policy_type.to_string(), &policy.name, LISTED_MAX];
        self.records("list attachments", sql, values, Attachment::from_row).await
    }

    /// The policies that count for a user, its own and those of its groups, or for a role. One may come twice.
    pub async fn grants_of(&mut self, user_or_role_id: &str) -> Result<Vec<Grant>> {
        let sql = "SELECT policy_type, policy_attachments.policy_name AS policy_name, document FROM policy_attachments
                   LEFT JOIN policies ON policy_type = 'Custom' AND policies.account = policy_attachments.account
                       AND policies.name = policy_attachments.policy_name
                   LEFT JOIN policy_versions ON policy_versions.account = policies.account
                       AND policy_versions.policy_name = policies.name AND version = default_version
                   WHERE target_id = $1 OR target_id IN (SELECT group_id FROM group_members WHERE user_id = $1)
                   ORDER BY policy_type, policy_attachments.policy_name LIMIT $2";
        self.records("read policies", sql, values![user_or_role_id, LISTED_MAX], Grant::from_row).await
    }
}

impl Write {
    /// Attaches a policy. `false` when it is attached already.
    pub async fn attachment_insert(&mut self, attachment: &Attachment) -> Result<bool> {
        let sql = "INSERT INTO policy_attachments
                       (account, target_kind, target_id, policy_type, policy_name, attached_at)
                   VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
        let values = values![
            &attachment.target.account,
            attachment.target.kind.to_string(),
            &attachment.target.id,
            attachment.policy.policy_type.to_string(),
            &attachment.policy.name,
            attachment.attached_at,
        ];
        Ok(self.execute("attach a policy", sql, values).await? == 1)
    }

    /// Detaches a policy. `false` when it is not attached.
    pub async fn attachment_delete(&mut self, policy: &PolicyName, target: &AttachmentTarget) -> Result<bool> {
        let sql = "DELETE FROM policy_attachments WHERE target_id = $1 AND policy_type = $2 AND policy_name = $3";
        let values = values![&target.id, policy.policy_type.to_string(), &policy.name];
        Ok(self.execute("detach a policy", sql, values).await? == 1)
    }
}
