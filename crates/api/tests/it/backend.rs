//! Services with a real `Kms` on a temporary directory, and a gate that judges the real policies of `ram`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::Keys;
use api::services::{
    AccessKey, AccessKeyRefused, Denial, Gate, Identity, Journal, Need, Nonces, Origin, PermitRefused, Readiness,
    Record, Unavailable,
};
use catalog::ManualClock;
use crypto::OsRandom;
use jiff::Timestamp;
use kms::{Account, DataDir, Kms, RootSource};
use ram::{AttachedPolicy, Caller, ConditionContext, DenialKind, Permit, PolicySet, Principal};
use tempfile::TempDir;

use crate::client::NOW;
use crate::memory::{ACCOUNT, Key, Memory};

/// Name of the user that may do what [`Backend::allow`] says.
pub(crate) const ALICE: &str = "alice";

pub(crate) struct Backend {
    memory: Memory,
    kms: Kms,
    /// The time of the keys; that of the wire stands still beside it.
    pub(crate) clock: Arc<ManualClock>,
    opened: Mutex<BTreeMap<Account, Timestamp>>,
    /// Alice's only policy.
    policy: Mutex<String>,
    _directory: TempDir,
}

impl Backend {
    /// An account that has KMS, with the keys of [`Memory`] and one for Alice.
    pub(crate) async fn new() -> Self {
        let backend = Self::without_kms().await;
        backend.opened.lock().unwrap().insert(ACCOUNT.parse().unwrap(), NOW.parse().unwrap());
        backend
    }

    /// An account that has not opened KMS.
    pub(crate) async fn without_kms() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
        let data_dir = DataDir::new(directory.path());
        let kms = Kms::open(&data_dir, &RootSource::File, clock.clone(), Arc::new(OsRandom)).await.unwrap();
        let mut memory = Memory::with_keys();
        let alice = Key { secret: "alicesecret", is_active: true, token: None, user: Some(ALICE) };
        memory.keys.insert("aliceid", alice);
        let (opened, policy) = (Mutex::default(), Mutex::default());
        Self { memory, kms, clock, opened, policy, _directory: directory }
    }

    /// Gives Alice these statements and no others.
    pub(crate) fn allow(&self, statements: &str) {
        *self.policy.lock().unwrap() = format!(r#"{{"Version":"1","Statement":{statements}}}"#);
    }

    fn policies(&self, user: Option<&str>) -> PolicySet {
        let document = self.policy.lock().unwrap();
        if user != Some(ALICE) || document.is_empty() {
            return PolicySet::default();
        }
        let policy = AttachedPolicy { name: "test".to_owned(), document: Arc::new(document.parse().unwrap()) };
        PolicySet { identity: vec![policy], session: None }
    }
}

impl AsRef<Memory> for Backend {
    fn as_ref(&self) -> &Memory {
        &self.memory
    }
}

fn caller(user: Option<&str>) -> Caller {
    let principal = match user.map(|user| user.split_once('/').ok_or(user)) {
        None => Principal::Root,
        Some(Ok((role, session))) => {
            Principal::Session { role: role.parse().unwrap(), session: session.parse().unwrap() }
        }
        Some(Err(name)) => Principal::User { name: name.parse().unwrap(), id: "204398765432109876".parse().unwrap() },
    };
    Caller {
        account: ACCOUNT.parse().unwrap(),
        principal,
        access_key_id: None,
        source_ip: None,
        secure_transport: false,
        request_time: NOW.parse().unwrap(),
    }
}

/// One need, with the policy and the tags of its key.
fn judge(caller: &Caller, policies: &PolicySet, need: &Need) -> Result<Permit, PermitRefused> {
    let mut conditions = ConditionContext::of(caller);
    for tag in need.key.iter().flat_map(|key| &key.tags) {
        conditions.set(format!("kms:tag/{}", tag.key), &tag.value);
    }
    let ask = ram::Ask { action: ram::Action::new(need.action), resource: need.resource.parse().unwrap() };
    let key_policy = need.key.as_ref().map(|key| &key.policy);
    ram::authorize(caller, &[ask], policies, key_policy, &conditions).map_err(|denial| {
        let explicit = denial.kind == DenialKind::ExplicitDeny;
        PermitRefused::Denied(Denial { need: need.clone(), explicit, policy_type: "AccountLevelIdentityBasedPolicy" })
    })
}

impl Gate for Backend {
    type Caller = Option<&'static str>;
    type Permit = Permit;

    async fn access_key(
        &self,
        id: &str,
        token: Option<&str>,
        origin: &Origin,
    ) -> Result<AccessKey<Self::Caller>, AccessKeyRefused> {
        self.memory.access_key(id, token, origin).await
    }

    fn identity(&self, caller: &Self::Caller) -> Identity {
        self.memory.identity(caller)
    }

    async fn permit(&self, user: &Self::Caller, needs: &[Need]) -> Result<Permit, PermitRefused> {
        let (caller, policies) = (caller(*user), self.policies(*user));
        let nothing = ram::authorize(&caller, &[], &policies, None, &ConditionContext::of(&caller)).unwrap();
        needs.iter().try_fold(nothing, |permit, need| Ok(permit.and(judge(&caller, &policies, need)?).unwrap()))
    }
}

impl Keys for Backend {
    fn kms(&self) -> &Kms {
        &self.kms
    }

    async fn kms_opened_at(&self, account: &Account) -> Result<Option<Timestamp>, Unavailable> {
        Ok(self.opened.lock().unwrap().get(account).copied())
    }

    async fn open_kms(&self, account: &Account, now: Timestamp) -> Result<bool, Unavailable> {
        Ok(self.opened.lock().unwrap().insert(account.clone(), now).is_none())
    }
}

impl Nonces for Backend {
    async fn take(&self, id: &str, nonce: &str, expires: Timestamp) -> Result<bool, Unavailable> {
        self.memory.take(id, nonce, expires).await
    }
}

impl Journal for Backend {
    async fn record(&self, call: &Record<'_>) -> Result<(), Unavailable> {
        self.memory.record(call).await
    }
}

impl Readiness for Backend {
    async fn ready(&self) -> Result<(), Unavailable> {
        self.memory.ready().await
    }
}
