//! Services on a real catalog in a temporary directory: `ram` is the gate; nonces and journal are in memory.

use std::cell::Cell;
use std::sync::Arc;

use api::Keys;
use api::services::{
    AccessKey, AccessKeyRefused, Gate, Identity, Journal, Need, Nonces, Origin, PermitRefused, Readiness, Record,
    Rooms, Unavailable,
};
use catalog::{Clock, ManualClock};
use crypto::{Secret, SeededRandom};
use jiff::Timestamp;
use kms::{Account, DataDir, Kms, RootSource};
use ram::{AccountId, Authenticated, Permit, Ram};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Answer, NOW, Running, config, local, start_with};
use crate::memory::Memory;
use crate::signing::V1;

pub(crate) const RAM: &str = "2015-05-01";
pub(crate) const STS: &str = "2015-04-01";

/// Parameters of a call.
pub(crate) type Parameters<'a> = &'a [(&'a str, &'a str)];

/// Access key of the account itself.
pub(crate) const ROOT: (&str, &str) = ("LTAIroot00000001", "root-secret-0123456789");

pub(crate) struct Installation {
    pub(crate) account: AccountId,
    pub(crate) memory: Memory,
    ram: Ram,
    kms: Kms,
    _directory: TempDir,
}

impl Installation {
    /// The first account with its root key, and nothing else.
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(NOW.parse().unwrap()));
        let random = Arc::new(SeededRandom::new(b"installation"));
        let data_dir = DataDir::new(directory.path().join("data"));
        let kms = Kms::open(&data_dir, &RootSource::File, clock.clone(), random.clone()).await.unwrap();
        let ram = Ram::new(kms.catalog(), Arc::clone(&clock) as _, random, Secret::copy_of(&[7; 32]));
        let account = ram.ensure_account().await.unwrap();
        let key = ram::keys::AccessKey { id: ROOT.0.parse().unwrap(), secret: Secret::copy_of(ROOT.1.as_bytes()) };
        let operator = Permit::for_local_operator(account, clock.now());
        ram.bootstrap_root_access_key(&operator, &key).await.unwrap();
        Self { account, memory: Memory::with_keys(), ram, kms, _directory: directory }
    }
}

/// A server on a new installation.
pub(crate) async fn start() -> Running<Installation> {
    start_with(config(vec![local(None)]), api::table(), NOW, Installation::new().await).await
}

/// Somebody with an access key.
pub(crate) struct Client<'a> {
    running: &'a Running<Installation>,
    name: &'static str,
    id: String,
    secret: String,
    token: Option<String>,
    calls: Cell<u32>,
}

impl<'a> Client<'a> {
    pub(crate) fn root(running: &'a Running<Installation>) -> Self {
        Self::new(running, "root", ROOT.0, ROOT.1, None)
    }

    pub(crate) fn new(
        running: &'a Running<Installation>,
        name: &'static str,
        id: &str,
        secret: &str,
        token: Option<&str>,
    ) -> Self {
        let (id, secret, token) = (id.to_owned(), secret.to_owned(), token.map(str::to_owned));
        Self { running, name, id, secret, token, calls: Cell::new(0) }
    }

    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Root makes a user with an access key, which may do nothing.
    pub(crate) async fn hire(&self, name: &'static str) -> Self {
        self.done(RAM, "CreateUser", &[("UserName", name)]).await;
        let answer = self.done(RAM, "CreateAccessKey", &[("UserName", name)]).await;
        let key = &answer["AccessKey"];
        let text = |field: &str| key[field].as_str().unwrap().to_owned();
        Self::new(self.running, name, &text("AccessKeyId"), &text("AccessKeySecret"), None)
    }

    /// A call that is answered in JSON.
    pub(crate) async fn call(&self, version: &str, action: &str, parameters: Parameters<'_>) -> Answer {
        self.calls.set(self.calls.get() + 1);
        let mut call = V1::new(version, action, parameters)
            .set("AccessKeyId", &self.id)
            .set("SignatureNonce", &format!("{}-{}-{}", self.name, self.id, self.calls.get()));
        if let Some(token) = &self.token {
            call = call.set("SecurityToken", token);
        }
        self.running.send(&call.sign(&self.secret).request()).await
    }

    /// A call that must succeed.
    pub(crate) async fn done(&self, version: &str, action: &str, parameters: Parameters<'_>) -> Value {
        let answer = self.call(version, action, parameters).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Status and code of a call.
    pub(crate) async fn code(&self, version: &str, action: &str, parameters: Parameters<'_>) -> (u16, String) {
        let answer = self.call(version, action, parameters).await;
        (answer.status, answer.code())
    }
}

impl Gate for Installation {
    type Caller = Authenticated;
    type Permit = Permit;

    async fn access_key(
        &self,
        id: &str,
        token: Option<&str>,
        origin: &Origin,
    ) -> Result<AccessKey<Authenticated>, AccessKeyRefused> {
        self.ram.access_key(id, token, origin).await
    }

    fn identity(&self, caller: &Authenticated) -> Identity {
        Gate::identity(&self.ram, caller)
    }

    async fn permit(&self, caller: &Authenticated, needs: &[Need]) -> Result<Permit, PermitRefused> {
        self.ram.permit(caller, needs).await
    }
}

impl Nonces for Installation {
    async fn take(&self, id: &str, nonce: &str, expires: Timestamp) -> Result<bool, Unavailable> {
        self.memory.take(id, nonce, expires).await
    }
}

impl Journal for Installation {
    async fn record(&self, call: &Record<'_>) -> Result<(), Unavailable> {
        self.memory.record(call).await
    }
}

impl Readiness for Installation {
    async fn ready(&self) -> Result<(), Unavailable> {
        self.memory.ready().await
    }
}

impl Rooms for Installation {
    fn ram(&self) -> &Ram {
        &self.ram
    }
}

impl Keys for Installation {
    fn kms(&self) -> &Kms {
        &self.kms
    }

    async fn kms_opened_at(&self, account: &Account) -> Result<Option<Timestamp>, Unavailable> {
        let found = self.kms.catalog().read().account_by_id(account).await.unwrap();
        Ok(found.and_then(|account| account.kms_opened_at))
    }

    async fn open_kms(&self, _account: &Account, _now: Timestamp) -> Result<bool, Unavailable> {
        Ok(false)
    }
}

impl AsRef<Memory> for Installation {
    fn as_ref(&self) -> &Memory {
        &self.memory
    }
}
