//! Shows who gets a permit and who does not, story by story, through the public door (ram.md 5, kms.md 7, report R11).
#![expect(clippy::unwrap_used, reason = "a test that panics has failed, which is what it is for")]

use std::sync::Arc;

use ram::{
    Action, Ask, AttachedPolicy, Caller, ConditionContext, Denial, DenialKind, KeyPolicy, Permit, PolicySet,
    PolicyType, Principal, TrustPolicy, authorize, authorize_assume_role,
};

const OWNER: &str = "1111111111111111";
const OTHER: &str = "2222222222222222";
const KEY: &str = "acs:kms:cn-hangzhou:1111111111111111:key/k-1";
const DECRYPT: Action = Action::new("kms:Decrypt");

fn caller(account: &str, principal: Principal) -> Caller {
    Caller {
        account: account.parse().unwrap(),
        principal,
        access_key_id: Some("LTAI5tExample00000000000".parse().unwrap()),
        source_ip: Some("203.0.113.9".parse().unwrap()),
        secure_transport: true,
        request_time: "2026-11-27T10:00:00Z".parse().unwrap(),
    }
}

fn bob() -> Principal {
    Principal::User { name: "bob".parse().unwrap(), id: "200000000000000001".parse().unwrap() }
}

fn ops() -> Principal {
    Principal::Session { role: "ops".parse().unwrap(), session: "s1".parse().unwrap() }
}

fn ecs() -> Principal {
    Principal::Service("ecs.aliyuncs.com".parse().unwrap())
}

fn allow(action: &str, resource: &str) -> String {
    statement("Allow", action, resource)
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(r#"{{"Version":"1","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}]}}"#)
}

fn attached(documents: &[String]) -> PolicySet {
    let policy = |(number, document): (usize, &String)| AttachedPolicy {
        name: format!("policy-{number}"),
        document: Arc::new(document.parse().unwrap()),
    };
    PolicySet { identity: documents.iter().enumerate().map(policy).collect(), session: None }
}

fn key_policy(effect: &str, principal: &str, action: &str) -> KeyPolicy {
    format!(
        r#"{{"Version":"1","Statement":[{{"Sid":"one","Effect":"{effect}","Principal":{{"RAM":"{principal}"}},"Action":"{action}","Resource":"*"}}]}}"#
    )
    .parse()
    .unwrap()
}

fn ask(action: Action, resource: &str) -> Ask {
    Ask { action, resource: resource.parse().unwrap() }
}

fn decide(caller: &Caller, ask: Ask, policies: &PolicySet, key: Option<&KeyPolicy>) -> Result<Permit, Box<Denial>> {
    authorize(caller, &[ask], policies, key, &ConditionContext::of(caller))
}

/// Kind and policy type of a denial; `None` for a permit.
fn refusal(outcome: &Result<Permit, Box<Denial>>) -> Option<(DenialKind, PolicyType)> {
    outcome.as_ref().err().map(|denial| (denial.kind, denial.policy_type))
}

const NOT_ALLOWED: Option<(DenialKind, PolicyType)> = Some((DenialKind::ImplicitDeny, PolicyType::Identity));

/// Report R11: the text names principal, action, resource and kind; granting just that on just that key is enough.
#[test]
fn a_denial_says_exactly_what_is_missing() {
    let bob = caller(OWNER, bob());
    let denial = decide(&bob, ask(DECRYPT, KEY), &attached(&[allow("ecs:*", "*")]), None).unwrap_err();
    assert_eq!(
        denial.to_string(),
        "acs:ram::1111111111111111:user/bob may not do kms:Decrypt on \
         acs:kms:cn-hangzhou:1111111111111111:key/k-1: no identity policy allows it (ImplicitDeny)"
    );
    let exact = attached(&[allow("ecs:*", "*"), allow(denial.action.as_str(), &denial.resource.to_string())]);
    let permit = decide(&bob, ask(DECRYPT, KEY), &exact, None).unwrap();
    assert_eq!(permit.caller(), &bob);
    assert!(permit.covers(DECRYPT, &KEY.parse().unwrap()));
}

/// A permit is for what was asked, and for nothing like it.
#[test]
fn a_permit_covers_what_was_asked_only() {
    let bob = caller(OWNER, bob());
    let permit = decide(&bob, ask(DECRYPT, KEY), &attached(&[allow("*", "*")]), None).unwrap();
    assert!(!permit.covers(Action::new("kms:Encrypt"), &KEY.parse().unwrap()));
    assert!(!permit.covers(DECRYPT, &format!("{KEY}2").parse().unwrap()));
    let none = authorize(&bob, &[], &PolicySet::default(), None, &ConditionContext::of(&bob)).unwrap();
    assert!(!none.covers(DECRYPT, &KEY.parse().unwrap()));
    let both = none.and(permit.clone()).unwrap();
    assert!(both.covers(DECRYPT, &KEY.parse().unwrap()));
    let root = caller(OWNER, Principal::Root);
    let of_root = decide(&root, ask(DECRYPT, KEY), &PolicySet::default(), None).unwrap();
    assert!(of_root.and(permit).is_none(), "permits of two callers");
    let now = "2026-11-27T10:00:00Z".parse().unwrap();
    let local = Permit::for_local_operator(OWNER.parse().unwrap(), now);
    assert!(local.covers(DECRYPT, &KEY.parse().unwrap()) && local.account().to_string() == OWNER);
}

/// Of several asks all must be allowed; the refused one is named.
#[test]
fn all_asks_must_be_allowed() {
    let bob = caller(OWNER, bob());
    let alias = "acs:kms:cn-hangzhou:1111111111111111:alias/a";
    let create = Action::new("kms:CreateAlias");
    let asks = [ask(create, KEY), ask(create, alias)];
    let context = ConditionContext::of(&bob);
    let one = authorize(&bob, &asks, &attached(&[allow("kms:CreateAlias", KEY)]), None, &context).unwrap_err();
    assert_eq!(one.resource.to_string(), alias);
    let both = attached(&[allow("kms:CreateAlias", KEY), allow("kms:CreateAlias", "acs:kms:*:*:alias/*")]);
    assert!(authorize(&bob, &asks, &both, None, &context).is_ok());
    // The key's policy answers for the key, not for the alias.
    let by_key = key_policy("Allow", "acs:ram::1111111111111111:user/bob", "kms:*");
    let denial = authorize(&bob, &asks, &PolicySet::default(), Some(&by_key), &context).unwrap_err();
    assert_eq!(denial.resource.to_string(), alias);
}

/// A Deny wins over any Allow, and the statement is named for the log.
#[test]
fn deny_wins() {
    let policies = attached(&[allow("*", "*"), statement("Deny", "kms:De*", "acs:kms:*:*:key/*")]);
    let denial = decide(&caller(OWNER, bob()), ask(DECRYPT, KEY), &policies, None).unwrap_err();
    assert_eq!((denial.kind, denial.policy_type), (DenialKind::ExplicitDeny, PolicyType::Identity));
    let by = denial.decided_by.unwrap();
    assert_eq!((by.policy.as_deref(), by.index), (Some("policy-1"), 0));
}

/// Root may do everything on what its account owns, and nothing on what others own.
#[test]
fn root_owns_its_resources() {
    let none = PolicySet::default();
    assert!(decide(&caller(OWNER, Principal::Root), ask(DECRYPT, KEY), &none, None).is_ok());
    let stranger = decide(&caller(OTHER, Principal::Root), ask(DECRYPT, KEY), &none, None);
    assert_eq!(refusal(&stranger), Some((DenialKind::ImplicitDeny, PolicyType::Key)));
    let image = "acs:ecs:cn-hangzhou:1111111111111111:image/m-1";
    let stranger = decide(&caller(OTHER, Principal::Root), ask(Action::new("ecs:CopyImage"), image), &none, None);
    assert_eq!(refusal(&stranger), Some((DenialKind::ImplicitDeny, PolicyType::Resource)));
    // Every account may read system policies.
    let system = ask(Action::new("ram:GetPolicy"), "acs:ram:*:system:policy/ReadOnlyAccess");
    assert!(decide(&caller(OTHER, Principal::Root), system, &none, None).is_ok());
}

/// A key policy can forbid its own root to use the key, but not to repair the policy.
#[test]
fn a_key_policy_binds_root_but_cannot_lock_it_out() {
    let deny = key_policy("Deny", "acs:ram::1111111111111111:root", "kms:*");
    let root = caller(OWNER, Principal::Root);
    let decide = |action| refusal(&decide(&root, ask(Action::new(action), KEY), &PolicySet::default(), Some(&deny)));
    assert_eq!(decide("kms:Decrypt"), Some((DenialKind::ExplicitDeny, PolicyType::Key)));
    assert_eq!(decide("kms:GetKeyPolicy"), None);
    assert_eq!(decide("kms:SetKeyPolicy"), None);
}

/// Same account: either side allows. The default key policy names the account, which delegates and does not grant.
#[test]
fn own_keys_need_one_allow() {
    let bob = caller(OWNER, bob());
    let default = KeyPolicy::of_account(OWNER.parse().unwrap());
    let by_name = key_policy("Allow", "acs:ram::1111111111111111:user/bob", "kms:Decrypt");
    let (none, identity) = (PolicySet::default(), attached(&[allow("kms:Decrypt", "*")]));
    assert_eq!(refusal(&decide(&bob, ask(DECRYPT, KEY), &none, Some(&default))), NOT_ALLOWED);
    assert!(decide(&bob, ask(DECRYPT, KEY), &identity, Some(&default)).is_ok());
    assert!(decide(&bob, ask(DECRYPT, KEY), &none, Some(&by_name)).is_ok());
    let deny = key_policy("Deny", "acs:ram::1111111111111111:root", "kms:Decrypt");
    let denied = decide(&bob, ask(DECRYPT, KEY), &identity, Some(&deny)).unwrap_err();
    assert_eq!((denied.kind, denied.policy_type), (DenialKind::ExplicitDeny, PolicyType::Key));
    assert_eq!(denied.decided_by.unwrap().sid.as_deref(), Some("one"));
}

/// Another account's key: both sides must allow, and the missing one is named.
#[test]
fn keys_of_others_need_both() {
    let bob = caller(OTHER, bob());
    let (none, identity) = (PolicySet::default(), attached(&[allow("kms:Decrypt", "*")]));
    for principal in ["acs:ram::2222222222222222:root", "acs:ram::2222222222222222:user/bob"] {
        let open = key_policy("Allow", principal, "kms:Decrypt");
        assert!(decide(&bob, ask(DECRYPT, KEY), &identity, Some(&open)).is_ok());
        assert_eq!(refusal(&decide(&bob, ask(DECRYPT, KEY), &none, Some(&open))), NOT_ALLOWED);
    }
    let default = KeyPolicy::of_account(OWNER.parse().unwrap());
    let missing = Some((DenialKind::ImplicitDeny, PolicyType::Key));
    assert_eq!(refusal(&decide(&bob, ask(DECRYPT, KEY), &identity, Some(&default))), missing);
    assert_eq!(refusal(&decide(&bob, ask(DECRYPT, KEY), &identity, None)), missing);
}

/// A session policy takes away and never gives, from key policies too.
#[test]
fn a_session_policy_narrows() {
    let ops = caller(OWNER, ops());
    let mut policies = attached(&[allow("kms:*", "*")]);
    assert!(decide(&ops, ask(DECRYPT, KEY), &policies, None).is_ok());
    let session = |document: String| Some(Arc::new(document.parse().unwrap()));
    policies.session = session(allow("kms:Encrypt", "*"));
    let narrowed = Some((DenialKind::ImplicitDeny, PolicyType::Session));
    assert_eq!(refusal(&decide(&ops, ask(DECRYPT, KEY), &policies, None)), narrowed);
    let by_role = key_policy("Allow", "acs:ram::1111111111111111:role/ops", "kms:*");
    assert_eq!(refusal(&decide(&ops, ask(DECRYPT, KEY), &policies, Some(&by_role))), narrowed);
    policies.session = session(statement("Deny", "kms:*", "*"));
    let denied = Some((DenialKind::ExplicitDeny, PolicyType::Session));
    assert_eq!(refusal(&decide(&ops, ask(DECRYPT, KEY), &policies, None)), denied);
    policies.session = session(allow("*", "*"));
    assert!(decide(&ops, ask(DECRYPT, KEY), &policies, None).is_ok());
    policies.identity.clear();
    assert_eq!(refusal(&decide(&ops, ask(DECRYPT, KEY), &policies, None)), NOT_ALLOWED);
}

/// AssumeRole needs the caller's policies and the role's trust, in the role's own account too.
#[test]
fn assuming_a_role_needs_both() {
    let trust = |principal: &str| -> TrustPolicy {
        format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{{principal}}}}}]}}"#
        )
        .parse()
        .unwrap()
    };
    let assume = |who: &Caller, policies: &PolicySet, trust: &TrustPolicy| {
        let (account, role) = (OWNER.parse().unwrap(), "ops".parse().unwrap());
        refusal(&authorize_assume_role(who, account, &role, policies, trust, &ConditionContext::of(who)))
    };
    let untrusted = Some((DenialKind::ImplicitDeny, PolicyType::Trust));
    let account = trust(r#""RAM":"acs:ram::1111111111111111:root""#);
    let service = trust(r#""Service":"ecs.aliyuncs.com""#);
    let (none, may) = (PolicySet::default(), attached(&[allow("sts:AssumeRole", "acs:ram::*:role/ops")]));
    let own = caller(OWNER, bob());
    assert_eq!(assume(&own, &may, &account), None);
    assert_eq!(assume(&own, &none, &account), NOT_ALLOWED);
    assert_eq!(assume(&own, &may, &service), untrusted);
    assert_eq!(assume(&caller(OTHER, bob()), &may, &account), untrusted);
    assert_eq!(assume(&caller(OWNER, ecs()), &none, &service), None);
    assert_eq!(assume(&caller(OTHER, ecs()), &none, &service), untrusted);
    let shared = trust(r#""Service":"2222222222222222@ecs.aliyuncs.com""#);
    assert_eq!(assume(&caller(OTHER, ecs()), &none, &shared), None);
    assert_eq!(assume(&caller(OWNER, ecs()), &none, &shared), untrusted);
}

/// ECS may encrypt under a user's key only after it has tagged it (ram.md 6).
#[test]
fn the_disk_encryption_role_needs_the_tag() {
    let role = ram::system::ServiceRole::of("AliyunECSDiskEncryptDefaultRole").unwrap();
    let document = ram::system::SystemPolicy::of(role.policy).unwrap().document;
    let (ops, policies) = (caller(OWNER, ops()), attached(&[document.to_owned()]));
    let mut context = ConditionContext::of(&ops);
    let may = |action: &'static str, context: &ConditionContext| {
        authorize(&ops, &[ask(Action::new(action), KEY)], &policies, None, context).is_ok()
    };
    assert!(may("kms:TagResource", &context) && may("kms:DescribeKey", &context));
    assert!(!may("kms:GenerateDataKey", &context));
    context.set("kms:tag/acs:ecs:disk-encryption", "TRUE");
    assert!(may("kms:GenerateDataKey", &context) && may("kms:Decrypt", &context));
    assert!(!may("kms:ScheduleKeyDeletion", &context));
}

/// What system policies promise by their names.
#[test]
fn system_policies_do_what_their_names_say() {
    let cases = [
        ("AdministratorAccess", "kms:Decrypt", true),
        ("ReadOnlyAccess", "kms:DescribeKey", true),
        ("ReadOnlyAccess", "kms:Decrypt", false),
        ("AliyunECSFullAccess", "kms:Decrypt", false),
        ("AliyunKMSFullAccess", "kms:Decrypt", true),
        ("AliyunKMSReadOnlyAccess", "kms:GetPublicKey", true),
        ("AliyunKMSReadOnlyAccess", "kms:GenerateDataKey", false),
        ("AliyunKMSCryptoAccess", "kms:GenerateDataKey", true),
        ("AliyunKMSCryptoAccess", "kms:ReEncryptFrom", true),
        ("AliyunKMSCryptoAccess", "kms:DisableKey", false),
        ("AliyunKMSCryptoAdminAccess", "kms:DisableKey", true),
        ("AliyunKMSCryptoAdminAccess", "kms:GenerateDataKey", false),
        ("AliyunKMSCryptoAdminAccess", "kms:Decrypt", false),
        ("AliyunKMSSecretAdminAccess", "kms:Decrypt", false),
        ("AliyunRAMFullAccess", "ram:CreateUser", true),
        ("AliyunRAMReadOnlyAccess", "ram:CreateUser", false),
        ("AliyunSTSAssumeRoleAccess", "sts:AssumeRole", true),
        ("AliyunSTSAssumeRoleAccess", "ram:GetRole", false),
    ];
    for (name, action, wanted) in cases {
        let document = ram::system::SystemPolicy::of(name).unwrap().document.to_owned();
        let outcome = decide(&caller(OWNER, bob()), ask(Action::new(action), KEY), &attached(&[document]), None);
        assert_eq!(outcome.is_ok(), wanted, "{name} {action}");
    }
}
