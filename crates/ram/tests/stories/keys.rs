//! Access keys of users.

use catalog::AccessKeyRecord;
use catalog::AccessKeyStatus::{Active, Inactive};
use jiff::SignedDuration;
use ram::{AuthenticateError, IdentityType, KeyOwner, RamError, UserChange};

use crate::office::{Office, another_process, code, user};

/// A key that is switched off is refused by the next request, though it was just in use, and works again when it is switched on.
#[tokio::test]
async fn a_deactivated_key_is_refused_at_once() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    let identity = office.sign_in(&key, None).await.unwrap().identity();
    assert_eq!(identity.identity_type, IdentityType::RamUser);
    assert_eq!(identity.arn, format!("acs:ram::{}:user/bob", office.account));

    let root = office.root();
    office.ram.update_access_key(&root, &key.id, &user("bob"), Inactive).await.unwrap();
    assert!(matches!(office.sign_in(&key, None).await, Err(AuthenticateError::Inactive)));
    office.ram.update_access_key(&root, &key.id, &user("bob"), Active).await.unwrap();
    assert!(office.sign_in(&key, None).await.is_ok());
    office.ram.delete_access_key(&root, &key.id, &user("bob")).await.unwrap();
    assert!(matches!(office.sign_in(&key, None).await, Err(AuthenticateError::NotFound)));
}

/// A change by another process is seen when what was remembered is two seconds old, and not later.
#[tokio::test]
async fn another_process_sees_a_change_within_two_seconds() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    assert!(office.sign_in(&key, None).await.is_ok());
    let other = another_process(&office.catalog, &office.clock, b"two");
    other.update_access_key(&office.root(), &key.id, &user("bob"), Inactive).await.unwrap();
    assert!(office.sign_in(&key, None).await.is_ok(), "remembered; this is what the module's text says");
    office.clock.advance(SignedDuration::from_secs(ram::REMEMBERED_S));
    assert!(matches!(office.sign_in(&key, None).await, Err(AuthenticateError::Inactive)));
}

/// Keys belong to their owner: another's name does not reach them, and the caller's own are meant when no name is given.
#[tokio::test]
async fn keys_are_reached_through_their_owner_only() {
    let office = Office::open().await;
    let root = office.root();
    let bob = office.hire("bob").await;
    office.hire("eve").await;
    for key_owner in [user("eve"), KeyOwner::Root] {
        let outcome = office.ram.delete_access_key(&root, &bob.id, &key_owner).await;
        assert_eq!(code(outcome), "EntityNotExist.User.AccessKey");
    }
    let second = office.second_account().await;
    office.hire_in(&second, "bob").await;
    let outcome = office.ram.delete_access_key(&second, &bob.id, &user("bob")).await;
    assert_eq!(code(outcome), "EntityNotExist.User.AccessKey");
    assert_eq!(code(office.ram.list_access_keys(&root, &user("nobody")).await), "EntityNotExist.User");

    let who = office.sign_in(&bob, None).await.unwrap();
    assert_eq!(KeyOwner::of_caller(who.caller()).unwrap(), user("bob"));
}

/// A user that gets a new name keeps its key.
#[tokio::test]
async fn a_renamed_user_keeps_its_key() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    assert!(office.sign_in(&key, None).await.is_ok());
    let to = UserChange { name: Some("robert".parse().unwrap()), ..UserChange::default() };
    office.ram.update_user(&office.root(), &"bob".parse().unwrap(), to).await.unwrap();
    let identity = office.sign_in(&key, None).await.unwrap().identity();
    assert_eq!(identity.arn, format!("acs:ram::{}:user/robert", office.account));
}

/// The last use is noted, at most once in a quarter of an hour.
#[tokio::test]
async fn the_last_use_is_noted_now_and_then() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    let last_used = async || office.ram.access_key_last_used(&office.root(), &key.id, &user("bob")).await.unwrap();
    assert_eq!(last_used().await, None);
    let mut noted = Vec::new();
    for _ in 0..3 {
        let who = office.sign_in(&key, None).await.unwrap();
        office.ram.note_access_key_used(who.caller()).await.unwrap();
        noted.push(last_used().await.unwrap().to_string());
        office.clock.advance(SignedDuration::from_mins(10));
    }
    assert_eq!(noted, ["2026-11-27T10:00:00Z", "2026-11-27T10:00:00Z", "2026-11-27T10:20:00Z"]);
}

/// What is not a key of ours is not found; a token has no place beside a user's key.
#[tokio::test]
async fn other_ids_are_not_found() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    let facts = office.facts();
    for id in ["", "testid", "LTAIunknown0000000000000"] {
        let refused = office.ram.authenticate(id, None, &facts).await.err();
        assert!(matches!(refused, Some(AuthenticateError::NotFound)), "{id}");
    }
    let refused = office.ram.authenticate(key.id.as_str(), Some("token"), &facts).await.err();
    assert!(matches!(refused, Some(AuthenticateError::TokenMismatch)));
}

/// A stored secret belongs to its access key: moved to another one, or under another key of the installation, it does not open.
#[tokio::test]
async fn a_stored_secret_cannot_be_moved() {
    let office = Office::open().await;
    let (bob, eve) = (office.hire("bob").await, office.hire("eve").await);
    let of_bob = office.catalog.read().access_key_by_id(bob.id.as_str()).await.unwrap().unwrap();
    let of_eve = office.catalog.read().access_key_by_id(eve.id.as_str()).await.unwrap().unwrap();
    let clear = bob.secret.expose();
    assert!(!of_bob.secret.windows(clear.len()).any(|window| window == clear), "it is stored wrapped");
    let mut write = office.catalog.write().await.unwrap();
    write.access_key_update(&AccessKeyRecord { secret: of_eve.secret, ..of_bob }).await.unwrap();
    write.commit().await.unwrap();
    let refused = office.ram.authenticate(bob.id.as_str(), None, &office.facts()).await.err();
    assert!(matches!(refused, Some(AuthenticateError::Failed(RamError::SecretDamaged { .. }))));
    assert!(office.sign_in(&eve, None).await.is_ok());
}

/// Of many requests at once, one notes the use: a busy key costs one commit.
#[tokio::test]
async fn many_requests_note_one_use() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    let who = office.sign_in(&key, None).await.unwrap();
    let before = office.catalog.commits();
    for _ in 0..20 {
        office.ram.note_access_key_used(who.caller()).await.unwrap();
    }
    assert_eq!(office.catalog.commits() - before, 1);
}
