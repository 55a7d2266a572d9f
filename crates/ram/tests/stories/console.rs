//! Signing in to the console, and the end of sessions.

use std::sync::Arc;

use catalog::AccessKeyStatus::{Active, Inactive};
use catalog::{AuditFilter, Clock};
use crypto::Secret;
use jiff::SignedDuration;
use ram::trail::Ledger;
use ram::{
    ConsoleSession, KeyOwner, LoginProfileChange, Permit, Principal, Ram, SessionError, SessionToken, SessionUse,
    SignIn, SignInError, Target, UserChange,
};

use crate::office::{DECRYPT, Office, another_process, code, new_user, user};

const FIRST: &str = "Example_1234";
const SECOND: &str = "Another-5678";

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes())
}

fn name(text: &str) -> ram::UserName {
    text.parse().unwrap()
}

/// Signs in with a password, in the first account; no name is the account itself.
async fn enter(office: &Office, user: &str, password: &str) -> Result<SessionToken, SignInError> {
    enter_at(&office.ram, office, &office.account.to_string(), user, password).await
}

async fn enter_at(
    ram: &Ram,
    office: &Office,
    account: &str,
    user: &str,
    password: &str,
) -> Result<SessionToken, SignInError> {
    let (user, password) = ((!user.is_empty()).then_some(user), secret(password));
    ram.sign_in(SignIn::Password { account, user, password: &password }, &office.facts()).await
}

/// A user with a password that may decrypt, and no access key.
async fn welcome(office: &Office, user: &str) -> Permit {
    let root = office.root();
    office.ram.create_user(&root, &new_user(user)).await.unwrap();
    office.ram.create_login_profile(&root, &name(user), &secret(FIRST), false).await.unwrap();
    root
}

async fn look(office: &Office, token: &SessionToken) -> Result<ConsoleSession, SessionError> {
    office.ram.session(token.expose(), &office.facts(), SessionUse::ByPerson).await
}

/// What somebody who is signed in may do: nothing, but change a password.
async fn permit(office: &Office, session: &ConsoleSession) -> Permit {
    let conditions = ram::ConditionContext::of(session.caller.caller());
    office.ram.authorize(&session.caller, &[], None, &conditions).await.unwrap()
}

/// Puts another text in the place of bob's stored password; answers the one that was there.
async fn store_password(office: &Office, hash: &str) -> String {
    let account = office.account.to_string().parse().unwrap();
    let mut write = office.catalog.write().await.unwrap();
    let mut profile = write.read().login_profile_by_name(Some("bob"), &account).await.unwrap().unwrap();
    let before = std::mem::replace(&mut profile.password_hash, hash.to_owned());
    assert!(write.login_profile_update(&profile).await.unwrap());
    write.commit().await.unwrap();
    before
}

async fn is_over(office: &Office, token: &SessionToken) -> bool {
    match look(office, token).await {
        Ok(_) => false,
        Err(SessionError::Over) => true,
        Err(SessionError::Failed(error)) => panic!("{error}"),
    }
}

/// A user who signed in with a password is judged by its policies, under its name of the moment, and has no access key.
#[tokio::test]
async fn a_user_signs_in_with_a_password() {
    let office = Office::open().await;
    let root = welcome(&office, "bob").await;
    office.let_do(&root, &Target::User(name("bob")), "may", "kms:Decrypt", "*").await;
    let token = enter(&office, "bob", FIRST).await.unwrap();
    let session = look(&office, &token).await.unwrap();
    let caller = session.caller.caller();
    assert!(matches!(&caller.principal, Principal::User { name, .. } if name.as_str() == "bob"));
    assert_eq!((caller.access_key_id.as_ref(), session.password_reset_required), (None, false));
    assert_eq!(session.expires_at, office.clock.now() + SignedDuration::from_hours(12));
    office.ask(&session.caller, DECRYPT, &office.kms_key()).await.unwrap();
    office.ram.note_access_key_used(caller).await.unwrap();
    assert_eq!(office.ram.user(&root, &name("bob")).await.unwrap().last_login_at, Some(office.clock.now()));

    let to = UserChange { name: Some(name("robert")), ..UserChange::default() };
    office.ram.update_user(&root, &name("bob"), to).await.unwrap();
    let arn = look(&office, &token).await.unwrap().caller.identity().arn;
    assert_eq!(arn, format!("acs:ram::{}:user/robert", office.account));
    assert_eq!(code(office.ram.delete_user(&root, &name("robert")).await), "DeleteConflict.User.LoginProfile");
}

/// The account itself signs in by its number or its name, once it has a password; a name that two accounts have is nobody's.
#[tokio::test]
async fn an_account_signs_in_by_number_or_name() {
    let office = Office::open().await;
    let root = office.root();
    assert!(matches!(enter(&office, "", FIRST).await, Err(SignInError::Refused)));
    office.ram.set_root_password(&root, &secret(FIRST)).await.unwrap();
    let token = enter(&office, "", FIRST).await.unwrap();
    assert_eq!(look(&office, &token).await.unwrap().caller.caller().principal, Principal::Root);

    let (shop, _) = office.ram.create_account(&"shop".parse().unwrap()).await.unwrap();
    let of_shop = Permit::for_local_operator(shop, office.clock.now());
    office.ram.set_root_password(&of_shop, &secret(SECOND)).await.unwrap();
    let token = enter_at(&office.ram, &office, "shop", "", SECOND).await.unwrap();
    assert_eq!(look(&office, &token).await.unwrap().caller.caller().account, shop);
    office.ram.create_account(&"shop".parse().unwrap()).await.unwrap();
    assert!(matches!(enter_at(&office.ram, &office, "shop", "", SECOND).await, Err(SignInError::Refused)));

    office.ram.set_root_password(&of_shop, &secret(FIRST)).await.unwrap();
    assert!(is_over(&office, &token).await, "its password was changed");
}

/// Whoever has an access key signs in with it: a user, the account itself; not a session of a role, which has a temporary one.
#[tokio::test]
async fn access_keys_sign_in_too() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    let (root_key, _) = office.ram.create_access_key(&office.root(), &KeyOwner::Root).await.unwrap();
    for key in [&key, &root_key] {
        let by = SignIn::AccessKey { id: key.id.as_str(), secret: &key.secret };
        let token = office.ram.sign_in(by, &office.facts()).await.unwrap();
        assert_eq!(look(&office, &token).await.unwrap().caller.caller().access_key_id.as_ref(), Some(&key.id));
    }
    let wrong = secret("wrong");
    for (id, wanted) in [
        (key.id.as_str(), "right"),
        ("LTAIunknown0000000000000", "right"),
        ("no id", "right"),
        ("STS.NUfakeAccessKeyId0000", "temporary"),
    ] {
        let refused = office.ram.sign_in(SignIn::AccessKey { id, secret: &wrong }, &office.facts()).await.err();
        assert!(refused.unwrap().to_string().contains(wanted), "{id}");
    }
}

/// Wrong account, wrong user, user without password and wrong password are one error; after five failures even the right password has to
/// wait, whether the user exists or not.
#[tokio::test]
async fn failures_are_alike_and_few() {
    let office = Office::open().await;
    welcome(&office, "bob").await;
    office.hire("keyed").await;
    let account = office.account.to_string();
    let refused = [
        enter_at(&office.ram, &office, "2222222222222222", "bob", FIRST).await,
        enter_at(&office.ram, &office, "nowhere", "bob", FIRST).await,
        enter_at(&office.ram, &office, "", "bob", FIRST).await,
        enter_at(&office.ram, &office, &account, "keyed", FIRST).await,
        enter_at(&office.ram, &office, &account, "bob", SECOND).await,
        enter_at(&office.ram, &office, &account, "", FIRST).await,
    ];
    for outcome in refused {
        assert!(matches!(outcome, Err(SignInError::Refused)));
    }
    for user in ["bob", "nobody"] {
        // One of bob's was above.
        for _ in usize::from(user == "bob")..5 {
            assert!(matches!(enter(&office, user, SECOND).await, Err(SignInError::Refused)), "{user}");
        }
        let refused = enter(&office, user, FIRST).await;
        assert!(matches!(refused, Err(SignInError::TooManyAttempts { wait_s: 300 })), "{user}");
    }
    office.clock.advance(SignedDuration::from_mins(5));
    assert!(enter(&office, "bob", FIRST).await.is_ok());
}

/// What fails on our side is nobody's failed attempt; and it forgives none that was.
#[tokio::test]
async fn our_own_failures_are_not_counted() {
    let office = Office::open().await;
    welcome(&office, "bob").await;
    let token = enter(&office, "bob", FIRST).await.unwrap();
    let permit = permit(&office, &look(&office, &token).await.unwrap()).await;
    let stored = store_password(&office, "no hash").await;
    for _ in 0..6 {
        assert!(matches!(enter(&office, "bob", FIRST).await, Err(SignInError::Failed(_))));
        let change = office.ram.change_password(&permit, &secret(FIRST), &secret(SECOND)).await;
        assert_eq!(code(change), "InternalError");
    }
    store_password(&office, &stored).await;
    for _ in 0..4 {
        assert!(matches!(enter(&office, "bob", SECOND).await, Err(SignInError::Refused)));
    }
    store_password(&office, "no hash").await;
    assert!(matches!(enter(&office, "bob", FIRST).await, Err(SignInError::Failed(_))));
    store_password(&office, &stored).await;
    assert!(matches!(enter(&office, "bob", SECOND).await, Err(SignInError::Refused)));
    assert!(matches!(enter(&office, "bob", FIRST).await, Err(SignInError::TooManyAttempts { .. })));
}

/// A session ends with the password, the login profile or the access key that opened it, and when it is signed out; those that something
/// else opened go on. A key that is switched on again brings nothing back.
#[tokio::test]
async fn a_session_ends_with_what_opened_it() {
    let office = Office::open().await;
    let root = welcome(&office, "bob").await;
    let bob = name("bob");
    let (key, _) = office.ram.create_access_key(&root, &user("bob")).await.unwrap();
    let (other_key, _) = office.ram.create_access_key(&root, &user("bob")).await.unwrap();
    let by_key = async |key: &ram::keys::AccessKey| {
        let by = SignIn::AccessKey { id: key.id.as_str(), secret: &key.secret };
        office.ram.sign_in(by, &office.facts()).await.unwrap()
    };
    let (by_password, keyed, by_other_key) =
        (enter(&office, "bob", FIRST).await.unwrap(), by_key(&key).await, by_key(&other_key).await);
    let over = async || {
        [is_over(&office, &by_password).await, is_over(&office, &keyed).await, is_over(&office, &by_other_key).await]
    };
    assert_eq!(over().await, [false, false, false]);
    let to = LoginProfileChange { password: None, reset_required: Some(true) };
    office.ram.update_login_profile(&root, &bob, &to).await.unwrap();
    assert!(look(&office, &by_password).await.unwrap().password_reset_required);
    assert!(!look(&office, &keyed).await.unwrap().password_reset_required, "no password opened it");
    let to = LoginProfileChange { password: Some(secret(SECOND)), reset_required: None };
    office.ram.update_login_profile(&root, &bob, &to).await.unwrap();
    assert_eq!(over().await, [true, false, false]);
    office.ram.update_access_key(&root, &key.id, &user("bob"), Inactive).await.unwrap();
    office.ram.update_access_key(&root, &key.id, &user("bob"), Active).await.unwrap();
    assert_eq!(over().await, [true, true, false]);
    office.ram.delete_access_key(&root, &other_key.id, &user("bob")).await.unwrap();
    assert_eq!(over().await, [true, true, true]);

    let [first, second] = [enter(&office, "bob", SECOND).await.unwrap(), enter(&office, "bob", SECOND).await.unwrap()];
    for _ in 0..2 {
        office.ram.sign_out(first.expose(), &office.facts()).await.unwrap();
    }
    assert!(is_over(&office, &first).await && !is_over(&office, &second).await);
    office.ram.delete_login_profile(&root, &bob).await.unwrap();
    assert!(is_over(&office, &second).await);
    assert!(matches!(enter(&office, "bob", SECOND).await, Err(SignInError::Refused)));
    let unknown = office.ram.session("no token", &office.facts(), SessionUse::ByPerson).await;
    assert!(matches!(unknown, Err(SessionError::Over)));
}

/// A session ends after half an hour without use and after twelve hours with it; its use costs one commit a minute.
#[tokio::test]
async fn a_session_ends_with_time() {
    let office = Office::open().await;
    welcome(&office, "bob").await;
    let [used, unused] = [enter(&office, "bob", FIRST).await.unwrap(), enter(&office, "bob", FIRST).await.unwrap()];
    let commits = office.catalog.commits();
    for second in 0..60 {
        office.clock.advance(SignedDuration::from_secs(i64::from(second % 2)));
        assert!(!is_over(&office, &used).await);
    }
    assert_eq!(office.catalog.commits() - commits, 0);
    office.clock.advance(SignedDuration::from_secs(30));
    for _ in 0..20 {
        assert!(!is_over(&office, &used).await);
    }
    assert_eq!(office.catalog.commits() - commits, 1);
    office.clock.advance(SignedDuration::from_mins(29));
    assert!(!is_over(&office, &used).await && is_over(&office, &unused).await);
    for _ in 0..23 {
        office.clock.advance(SignedDuration::from_mins(29));
        assert!(!is_over(&office, &used).await);
    }
    // To a minute before twelve hours after it was opened.
    office.clock.advance(SignedDuration::from_mins(22));
    assert!(!is_over(&office, &used).await);
    office.clock.advance(SignedDuration::from_mins(1));
    assert!(is_over(&office, &used).await);
}

/// A page that is left open asks every few seconds and keeps its session alive for nobody.
#[tokio::test]
async fn a_script_keeps_no_session_alive() {
    let office = Office::open().await;
    welcome(&office, "bob").await;
    let token = enter(&office, "bob", FIRST).await.unwrap();
    let commits = office.catalog.commits();
    for minute in 1..=30 {
        office.clock.advance(SignedDuration::from_mins(1));
        let by_script = office.ram.session(token.expose(), &office.facts(), SessionUse::ByScript).await;
        assert_eq!(by_script.is_ok(), minute < 30, "{minute}");
    }
    assert_eq!(office.catalog.commits() - commits, 0);
    assert!(is_over(&office, &token).await);
}

/// Another process on the same catalog sees the end of a session within two seconds.
#[tokio::test]
async fn another_process_sees_the_end_within_two_seconds() {
    let office = Office::open().await;
    welcome(&office, "bob").await;
    let token = enter(&office, "bob", FIRST).await.unwrap();
    assert!(!is_over(&office, &token).await);
    let other = another_process(&office.catalog, &office.clock, b"two");
    other.sign_out(token.expose(), &office.facts()).await.unwrap();
    office.clock.advance(SignedDuration::from_secs(ram::REMEMBERED_S));
    assert!(is_over(&office, &token).await);
}

/// A user has twenty sessions at most: the oldest gives way.
#[tokio::test]
async fn the_oldest_session_gives_way() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    let mut tokens = Vec::new();
    for _ in 0..21 {
        office.clock.advance(SignedDuration::from_secs(1));
        let by = SignIn::AccessKey { id: key.id.as_str(), secret: &key.secret };
        tokens.push(office.ram.sign_in(by, &office.facts()).await.unwrap());
    }
    let mut over = Vec::new();
    for token in &tokens {
        over.push(is_over(&office, token).await);
    }
    assert_eq!(over, [vec![true], vec![false; 20]].concat());
}

/// A user changes its own password and nobody else's; wrong old ones count as failed sign-ins.
#[tokio::test]
async fn a_user_changes_its_own_password() {
    let office = Office::open().await;
    let root = welcome(&office, "bob").await;
    let to = LoginProfileChange { password: None, reset_required: Some(true) };
    office.ram.update_login_profile(&root, &name("bob"), &to).await.unwrap();
    let token = enter(&office, "bob", FIRST).await.unwrap();
    let session = look(&office, &token).await.unwrap();
    assert!(session.password_reset_required);
    let permit = permit(&office, &session).await;
    let change = async |permit: &Permit, old: &str, new: &str| {
        code(office.ram.change_password(permit, &secret(old), &secret(new)).await)
    };
    assert_eq!(change(&root, FIRST, SECOND).await, "NotSupport.Account");
    assert_eq!(change(&permit, FIRST, "weak").await, "InvalidParameter.NewPassword.TooWeak");
    assert_eq!(change(&permit, FIRST, FIRST).await, "InvalidParameter.NewPassword.ReusePrevention");
    assert_eq!(change(&permit, SECOND, FIRST).await, "InvalidParameter.OldPassword.Incorrect");
    assert_eq!(change(&permit, FIRST, SECOND).await, "OK");
    assert!(is_over(&office, &token).await);
    let token = enter(&office, "bob", SECOND).await.unwrap();
    assert!(!look(&office, &token).await.unwrap().password_reset_required);
    for _ in 0..5 {
        assert_eq!(change(&permit, FIRST, SECOND).await, "InvalidParameter.OldPassword.Incorrect");
    }
    assert_eq!(change(&permit, SECOND, FIRST).await, "Throttling.User");
    assert!(matches!(enter(&office, "bob", SECOND).await, Err(SignInError::TooManyAttempts { .. })));
    office.ram.delete_login_profile(&root, &name("bob")).await.unwrap();
    assert_eq!(change(&permit, SECOND, FIRST).await, "EntityNotExist.User.LoginProfile");
}

/// Who signs in, fails and signs out stands in the audit, without passwords and tokens; a name that nobody has does not fill it.
#[tokio::test]
async fn the_audit_hears_of_it() {
    let office = Office::open().await;
    welcome(&office, "bob").await;
    let ledger = Ledger::new(office.catalog.clone(), secret("a secret of 32 bytes, or about it"), office.clock.clone());
    let ram = another_process(&office.catalog, &office.clock, b"two").with_ledger(Arc::new(ledger));
    let account = office.account.to_string();
    for (user, password) in [("nobody", FIRST), ("bob", SECOND)] {
        assert!(enter_at(&ram, &office, &account, user, password).await.is_err());
    }
    let written = async || office.catalog.read().audit_page(&AuditFilter::default(), 0, 10).await.unwrap();
    // A failure is written behind the answer.
    for _ in 0..1000 {
        if !written().await.is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
        tokio::task::yield_now().await;
    }
    let token = enter_at(&ram, &office, &account, "bob", FIRST).await.unwrap();
    ram.sign_out(token.expose(), &office.facts()).await.unwrap();
    let written = written().await;
    let events: Vec<_> = written.iter().map(|record| (record.action.as_str(), record.outcome.as_str())).collect();
    assert_eq!(events, [("ConsoleSignin", "SigninRefused"), ("ConsoleSignin", "OK"), ("ConsoleSignout", "OK")]);
    for record in &written {
        assert_eq!(record.principal, format!("acs:ram::{account}:user/bob"));
        assert_eq!((record.source_ip.as_str(), record.access_key_id.as_str()), ("203.0.113.9", ""));
        let text = format!("{record:?}");
        assert!(![FIRST, SECOND, token.expose()].iter().any(|secret| text.contains(secret)), "{text}");
    }
}
