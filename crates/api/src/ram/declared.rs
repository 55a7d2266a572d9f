//! Parameters that several actions share.

use crypto::Secret;
use ram::AfterName;

use crate::errors::{self, Refusal};
use crate::parameters::{Flag, Integer, Kind, OneOf, Optional, Parameters, Required, has_nul};

/// Text whose rules are those of `ram`, which also knows the code for each breach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    /// The rules in words, for the documentation.
    pub(crate) rules: &'static str,
    /// Whether empty text is a value: it takes a text away.
    pub(crate) takes_empty: bool,
}

impl Kind for Plain {
    type Value = String;

    fn describe(&self) -> String {
        self.rules.to_owned()
    }

    fn read(&self, text: &str) -> Option<String> {
        (!has_nul(text)).then(|| text.to_owned())
    }

    fn takes_empty(&self) -> bool {
        self.takes_empty
    }
}

/// A password, whose rules `ram` has. Read into locked memory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Password;

impl Kind for Password {
    type Value = Secret;

    fn describe(&self) -> String {
        "8–128 printable ASCII characters; three of lower case, upper case, digits, others".to_owned()
    }

    fn read(&self, text: &str) -> Option<Secret> {
        Some(Secret::copy_of(text.as_bytes()))
    }
}

/// A flag for something that is not offered: it may be said that it is not wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnlyFalse;

impl Kind for OnlyFalse {
    type Value = ();

    fn describe(&self) -> String {
        "`false`".to_owned()
    }

    fn read(&self, text: &str) -> Option<()> {
        text.eq_ignore_ascii_case("false").then_some(())
    }
}

const fn plain(rules: &'static str) -> Plain {
    Plain { rules, takes_empty: false }
}

/// Text for people, of so many characters.
const fn text(rules: &'static str) -> Plain {
    Plain { rules, takes_empty: true }
}

const USER: Plain = plain("1–64 of `A-Za-z0-9._-`");
const GROUP: Plain = plain("1–64 of `A-Za-z0-9._-`");
const ROLE: Plain = plain("1–64 of `A-Za-z0-9.-`");
const POLICY: Plain = plain("1–128 of `A-Za-z0-9-`");
const DOCUMENT: Plain = plain("policy, up to 6144 bytes");
const SHORT: Plain = text("text, 0–128 characters");
const LONG: Plain = text("text, 0–1024 characters");

pub(super) const USER_NAME: Required<Plain> = Required::new("UserName", USER);
pub(super) const OWN_USER_NAME: Optional<Plain> = Optional::new("UserName", USER);
pub(super) const NEW_USER_NAME: Optional<Plain> = Optional::new("NewUserName", USER);
pub(super) const DISPLAY_NAME: Optional<Plain> = Optional::new("DisplayName", SHORT);
pub(super) const NEW_DISPLAY_NAME: Optional<Plain> = Optional::new("NewDisplayName", SHORT);
pub(super) const COMMENTS: Optional<Plain> = Optional::new("Comments", SHORT);
pub(super) const NEW_COMMENTS: Optional<Plain> = Optional::new("NewComments", SHORT);
pub(super) const EMAIL: Optional<Plain> = Optional::new("Email", SHORT);
pub(super) const NEW_EMAIL: Optional<Plain> = Optional::new("NewEmail", SHORT);
pub(super) const MOBILE_PHONE: Optional<Plain> = Optional::new("MobilePhone", SHORT);
pub(super) const NEW_MOBILE_PHONE: Optional<Plain> = Optional::new("NewMobilePhone", SHORT);
pub(super) const ACCESS_KEY_ID: Required<Plain> = Required::new("UserAccessKeyId", plain("id of an access key"));
pub(super) const STATUS: Required<OneOf> = Required::new("Status", OneOf(&["Active", "Inactive"]));
pub(super) const PASSWORD: Required<Password> = Required::new("Password", Password);
pub(super) const OTHER_PASSWORD: Optional<Password> = Optional::new("Password", Password);
pub(super) const OLD_PASSWORD: Required<Password> = Required::new("OldPassword", Password);
pub(super) const NEW_PASSWORD: Required<Password> = Required::new("NewPassword", Password);
pub(super) const PASSWORD_RESET_REQUIRED: Optional<Flag> = Optional::new("PasswordResetRequired", Flag);
pub(super) const MFA_BIND_REQUIRED: Optional<OnlyFalse> =
    Optional::new("MFABindRequired", OnlyFalse).or(&errors::RAM_NOT_OFFERED);
pub(super) const GROUP_NAME: Required<Plain> = Required::new("GroupName", GROUP);
pub(super) const NEW_GROUP_NAME: Optional<Plain> = Optional::new("NewGroupName", GROUP);
pub(super) const POLICY_NAME: Required<Plain> = Required::new("PolicyName", POLICY);
pub(super) const POLICY_TYPE: Required<OneOf> = Required::new("PolicyType", POLICY_TYPES).or(&errors::RAM_POLICY_TYPE);
pub(super) const ANY_POLICY_TYPE: Optional<OneOf> =
    Optional::new("PolicyType", POLICY_TYPES).or(&errors::RAM_POLICY_TYPE);
pub(super) const POLICY_DOCUMENT: Required<Plain> = Required::new("PolicyDocument", DOCUMENT);
pub(super) const DESCRIPTION: Optional<Plain> = Optional::new("Description", LONG);
pub(super) const NEW_DESCRIPTION: Optional<Plain> = Optional::new("NewDescription", LONG);
pub(super) const VERSION_ID: Required<Plain> = Required::new("VersionId", plain("like `v1`"));
pub(super) const ROLE_NAME: Required<Plain> = Required::new("RoleName", ROLE);
pub(super) const TRUST_DOCUMENT: Required<Plain> = Required::new("AssumeRolePolicyDocument", DOCUMENT);
pub(super) const NEW_TRUST_DOCUMENT: Optional<Plain> = Optional::new("NewAssumeRolePolicyDocument", DOCUMENT);
pub(super) const MARKER: Optional<Plain> = Optional::new("Marker", plain("that of the last answer"));
pub(super) const MAX_ITEMS: Optional<Integer> = Optional::new("MaxItems", Integer { min: 1, max: 1000 });

const POLICY_TYPES: OneOf = OneOf(&["System", "Custom"]);

/// `MaxItems` when nothing is said. Source: ram.md 2, ListUsers.
const MAX_ITEMS_DEFAULT: u64 = 100;

/// `MaxItems`, which is within its range.
pub(super) fn max_items(parameters: &Parameters) -> Result<u32, Refusal> {
    let max = MAX_ITEMS.read(parameters)?.unwrap_or(MAX_ITEMS_DEFAULT);
    Ok(u32::try_from(max).expect("at most 1000"))
}

/// `Marker` and `MaxItems`.
pub(super) fn page(parameters: &Parameters) -> Result<AfterName, Refusal> {
    let marker = MARKER.read(parameters)?.unwrap_or_default();
    Ok(AfterName::new(marker, max_items(parameters)?).expect("MaxItems is within the range of pages"))
}
