//! Services in memory: access keys, nonces, journal. What a test wants to fail, it switches off.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use api::services::{
    AccessKey, AccessKeyRefused, Denial, Gate, Identity, IdentityKind, Journal, Need, Nonces, Origin, PermitRefused,
    Readiness, Record, Unavailable, Uploads,
};
use crypto::Secret;
use jiff::Timestamp;
use tokio::sync::Semaphore;

pub(crate) const ACCOUNT: &str = "1234567890123456";

/// Name of the user that may do nothing.
pub(crate) const NOBODY: &str = "nobody";

pub(crate) struct Key {
    pub(crate) secret: &'static str,
    pub(crate) is_active: bool,
    pub(crate) token: Option<&'static str>,
    pub(crate) user: Option<&'static str>,
}

pub(crate) struct Memory {
    pub(crate) keys: BTreeMap<&'static str, Key>,
    pub(crate) nonces: Mutex<BTreeSet<(String, String)>>,
    pub(crate) journal: Mutex<Vec<String>>,
    /// Access keys, nonces, policies and readiness fail.
    pub(crate) down: AtomicBool,
    /// The journal fails.
    pub(crate) journal_full: AtomicBool,
    /// A permit for each slow call that has begun.
    pub(crate) begun: Semaphore,
    /// A slow call ends when it gets a permit here.
    pub(crate) may_end: Semaphore,
}

impl Memory {
    /// A root key, a key that is off, a user without rights, a session.
    pub(crate) fn with_keys() -> Self {
        let key = |secret, is_active, token, user| Key { secret, is_active, token, user };
        let keys = BTreeMap::from([
            ("testid", key("testsecret", true, None, None)),
            ("YourAccessKeyId", key("YourAccessKeySecret", true, None, None)),
            ("offid", key("offsecret", false, None, None)),
            ("nobodyid", key("nobodysecret", true, None, Some(NOBODY))),
            ("STS.session", key("sessionsecret", true, Some("STS.tok/en+="), Some("ops/deploy"))),
        ]);
        Self {
            keys,
            nonces: Mutex::default(),
            journal: Mutex::default(),
            down: AtomicBool::new(false),
            journal_full: AtomicBool::new(false),
            begun: Semaphore::new(0),
            may_end: Semaphore::new(0),
        }
    }

    fn up(&self) -> Result<(), Unavailable> {
        if self.down.load(Ordering::Relaxed) { Err(Unavailable("the catalog is gone".to_owned())) } else { Ok(()) }
    }
}

impl AsRef<Self> for Memory {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Gate for Memory {
    type Caller = Option<&'static str>;
    type Permit = ();

    async fn access_key(
        &self,
        id: &str,
        token: Option<&str>,
        _: &Origin,
    ) -> Result<AccessKey<Self::Caller>, AccessKeyRefused> {
        self.up().map_err(AccessKeyRefused::Unavailable)?;
        let key = self.keys.get(id).ok_or(AccessKeyRefused::NotFound)?;
        if !key.is_active {
            return Err(AccessKeyRefused::Inactive);
        }
        match (key.token, token) {
            (None, None) => {}
            (Some(_), None) => return Err(AccessKeyRefused::TokenMissing),
            (Some(ours), Some(sent)) if ours == sent => {}
            (_, Some("expired")) => return Err(AccessKeyRefused::TokenExpired),
            (_, Some("garbage")) => return Err(AccessKeyRefused::TokenMalformed),
            _ => return Err(AccessKeyRefused::TokenMismatch),
        }
        Ok(AccessKey { secret: Secret::copy_of(key.secret.as_bytes()), caller: key.user })
    }

    fn identity(&self, caller: &Self::Caller) -> Identity {
        let (kind, path, id, role_id) = match caller {
            None => (IdentityKind::Account, "root".to_owned(), ACCOUNT, None),
            Some(name) if name.contains('/') => {
                (IdentityKind::AssumedRoleUser, format!("assumed-role/{name}"), "300:deploy", Some("300".to_owned()))
            }
            Some(name) => (IdentityKind::RamUser, format!("user/{name}"), "200", None),
        };
        Identity {
            account_id: ACCOUNT.to_owned(),
            arn: format!("acs:ram::{ACCOUNT}:{path}"),
            kind,
            display_name: caller.unwrap_or(ACCOUNT).to_owned(),
            principal_id: id.to_owned(),
            role_id,
        }
    }

    async fn permit(&self, caller: &Self::Caller, needs: &[Need]) -> Result<(), PermitRefused> {
        self.up().map_err(PermitRefused::Unavailable)?;
        match needs.first() {
            Some(need) if *caller == Some(NOBODY) => Err(PermitRefused::Denied(Denial {
                need: need.clone(),
                explicit: need.action == "kms:Encrypt",
                policy_type: "AccountLevelIdentityBasedPolicy",
            })),
            _ => Ok(()),
        }
    }
}

impl Nonces for Memory {
    async fn take(&self, id: &str, nonce: &str, _: Timestamp) -> Result<bool, Unavailable> {
        self.up()?;
        Ok(self.nonces.lock().unwrap().insert((id.to_owned(), nonce.to_owned())))
    }
}

impl Journal for Memory {
    async fn record(&self, call: &Record<'_>) -> Result<(), Unavailable> {
        if self.journal_full.load(Ordering::Relaxed) {
            return Err(Unavailable("no space left".to_owned()));
        }
        let needs: Vec<String> = call.needs.iter().map(|need| format!("{}@{}", need.action, need.resource)).collect();
        self.journal.lock().unwrap().push(format!(
            "{} {}:{} {} by {} ({}) from {} needs [{}] {}",
            call.at,
            call.product,
            call.action,
            call.region,
            call.identity.arn,
            call.access_key_id,
            call.source_ip,
            needs.join(", "),
            call.code.unwrap_or("OK"),
        ));
        Ok(())
    }
}

impl Uploads for Memory {
    fn uploads(&self) -> Option<&Arc<ecs::Ecs>> {
        None
    }
}

impl Readiness for Memory {
    async fn ready(&self) -> Result<(), Unavailable> {
        self.up()
    }
}
