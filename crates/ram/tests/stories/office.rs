//! One installation with its first account, and short words for what the stories do all the time.

use std::sync::Arc;

use catalog::{AccountRecord, Catalog, Clock, ManualClock};
use crypto::{Secret, SeededRandom};
use ram::keys::AccessKey;
use ram::{
    AccountId, Action, Ask, AuthenticateError, Authenticated, ConditionContext, KeyOwner, NewGroup, NewPolicy, NewRole,
    NewUser, Permit, PolicyRef, Ram, RamError, RequestFacts, RoleArn, Target,
};
use tempfile::TempDir;

pub(crate) const ENCRYPT: Action = Action::new("kms:Encrypt");
pub(crate) const DECRYPT: Action = Action::new("kms:Decrypt");

pub(crate) struct Office {
    pub(crate) ram: Ram,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) account: AccountId,
    _directory: TempDir,
}

impl Office {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Catalog::open(&directory.path().join("data")).await.unwrap());
        let clock = Arc::new(ManualClock::new("2026-11-27T10:00:00Z".parse().unwrap()));
        let ram = another_process(&catalog, &clock, b"one");
        let account = ram.ensure_account().await.unwrap();
        Self { ram, catalog, clock, account, _directory: directory }
    }

    /// May do everything in the first account.
    pub(crate) fn root(&self) -> Permit {
        Permit::for_local_operator(self.account, self.clock.now())
    }

    /// A second account; who holds the permit may do everything in it.
    pub(crate) async fn second_account(&self) -> Permit {
        let account: AccountId = "2222222222222222".parse().unwrap();
        let (id, created_at) = (account.to_string(), self.clock.now());
        let record =
            AccountRecord { id: id.parse().unwrap(), name: "second".to_owned(), created_at, kms_opened_at: None };
        let mut write = self.catalog.write().await.unwrap();
        assert!(write.account_insert(&record).await.unwrap());
        write.commit().await.unwrap();
        Permit::for_local_operator(account, self.clock.now())
    }

    /// A user with an access key.
    pub(crate) async fn hire(&self, name: &str) -> AccessKey {
        self.hire_in(&self.root(), name).await
    }

    pub(crate) async fn hire_in(&self, permit: &Permit, name: &str) -> AccessKey {
        self.ram.create_user(permit, &new_user(name)).await.unwrap();
        self.ram.create_access_key(permit, &user(name)).await.unwrap().0
    }

    /// A custom policy of this text.
    pub(crate) async fn write_policy(&self, permit: &Permit, name: &str, document: String) -> PolicyRef {
        let new = NewPolicy { name: name.parse().unwrap(), description: String::new(), document };
        self.ram.create_policy(permit, &new).await.unwrap().policy
    }

    /// Lets a user, group or role do one thing on one resource.
    pub(crate) async fn let_do(&self, permit: &Permit, target: &Target, policy: &str, action: &str, resource: &str) {
        let policy = self.write_policy(permit, policy, document("Allow", action, resource)).await;
        self.ram.attach_policy(permit, &policy, target).await.unwrap();
    }

    pub(crate) async fn make_role(&self, permit: &Permit, name: &str, trusted: &str) -> RoleArn {
        let trust = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"RAM":["{trusted}"]}}}}]}}"#
        );
        self.ram.create_role(permit, &new_role(name, trust)).await.unwrap();
        RoleArn { account: permit.account(), name: name.parse().unwrap() }
    }

    /// What the edge does: the secret must be that of the key.
    pub(crate) async fn sign_in(
        &self,
        key: &AccessKey,
        token: Option<&str>,
    ) -> Result<Authenticated, AuthenticateError> {
        let (secret, who) = self.ram.authenticate(key.id.as_str(), token, &self.facts()).await?;
        assert!(secret.equals(&key.secret));
        Ok(who)
    }

    pub(crate) fn facts(&self) -> RequestFacts {
        let source_ip = Some("203.0.113.9".parse().unwrap());
        RequestFacts { source_ip, secure_transport: true, now: self.clock.now() }
    }

    /// Judges one ask of a caller who has signed in.
    pub(crate) async fn ask(&self, who: &Authenticated, action: Action, resource: &str) -> Result<Permit, RamError> {
        let ask = Ask { action, resource: resource.parse().unwrap() };
        self.ram.authorize(who, &[ask], None, &ConditionContext::of(who.caller())).await
    }

    /// Whether the owner of a key may decrypt with the key `k-1` of the first account.
    pub(crate) async fn may_decrypt(&self, key: &AccessKey, token: Option<&str>) -> bool {
        let who = self.sign_in(key, token).await.unwrap();
        match self.ask(&who, DECRYPT, &self.kms_key()).await {
            Ok(permit) => permit.covers(DECRYPT, &self.kms_key().parse().unwrap()),
            Err(error) => {
                assert_eq!(error.code(), "NoPermission");
                false
            }
        }
    }

    pub(crate) fn kms_key(&self) -> String {
        format!("acs:kms:cn-hangzhou:{}:key/k-1", self.account)
    }
}

/// Access control of another process on the same catalog.
pub(crate) fn another_process(catalog: &Arc<Catalog>, clock: &Arc<ManualClock>, seed: &[u8]) -> Ram {
    let key = Secret::copy_of(&[7; 32]);
    Ram::new(Arc::clone(catalog), Arc::clone(clock) as _, Arc::new(SeededRandom::new(seed)), key)
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser {
        name: name.parse().unwrap(),
        display_name: name.to_uppercase(),
        comments: String::new(),
        email: String::new(),
        mobile_phone: String::new(),
    }
}

pub(crate) fn new_group(name: &str) -> NewGroup {
    NewGroup { name: name.parse().unwrap(), comments: String::new() }
}

pub(crate) fn new_role(name: &str, trust_document: String) -> NewRole {
    NewRole { name: name.parse().unwrap(), description: String::new(), trust_document, session_s_max: 3600 }
}

pub(crate) fn user(name: &str) -> KeyOwner {
    KeyOwner::User(name.parse().unwrap())
}

pub(crate) fn document(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}]}}"#)
}

pub(crate) fn code<T>(outcome: Result<T, RamError>) -> &'static str {
    outcome.err().map_or("OK", |error| error.code())
}
