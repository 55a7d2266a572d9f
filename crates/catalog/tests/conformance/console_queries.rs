//! Passwords for the console, and sessions.

use catalog::{AccountRecord, Catalog, ConsoleSessionRecord, LoginProfileRecord};

use crate::place::{Place, on_both_engines};
use crate::ram_queries::{account, at, user, with_account};

on_both_engines!(
    a_password_belongs_to_a_user_or_to_the_account,
    sessions_end_with_what_opened_them,
    sessions_end_with_time_and_number,
    a_name_stands_for_an_account_while_it_has_it_alone,
    a_login_is_noted_and_never_goes_back,
);

fn profile(user_id: Option<&str>) -> LoginProfileRecord {
    LoginProfileRecord {
        account: account(),
        user_id: user_id.map(ToOwned::to_owned),
        password_hash: "$argon2id$".to_owned(),
        reset_required: true,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn session(digest: u8, user_id: Option<&str>, access_key_id: Option<&str>) -> ConsoleSessionRecord {
    ConsoleSessionRecord {
        token_digest: [digest; 32],
        account: account(),
        user_id: user_id.map(ToOwned::to_owned),
        access_key_id: access_key_id.map(ToOwned::to_owned),
        created_at: at(digest.into()),
        last_used_at: at(digest.into()),
        expires_at: at(100),
    }
}

/// The digests of 0 to 9 whose sessions are there.
async fn there(catalog: &Catalog) -> Vec<u8> {
    let mut found = Vec::new();
    for digest in 0..10 {
        found.extend(catalog.read().console_session_by_token(&[digest; 32]).await.unwrap().map(|_| digest));
    }
    found
}

/// Shows that a user and the account itself have one password each, found by id and by name, and that a user who has one stays.
async fn a_password_belongs_to_a_user_or_to_the_account(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    write.user_insert(&user("u")).await.unwrap();
    write.user_insert(&user("v")).await.unwrap();
    let (root, own) = (profile(None), LoginProfileRecord { reset_required: false, ..profile(Some("id of u")) });
    for profile in [&root, &own] {
        assert!(write.login_profile_insert(profile).await.unwrap());
        assert!(!write.login_profile_insert(profile).await.unwrap());
    }
    write.commit().await.unwrap();
    let account = account();
    let mut read = catalog.read();
    assert!(read.login_profile_of_owner(None, &account).await.unwrap().as_ref() == Some(&root));
    assert!(read.login_profile_of_owner(Some("id of u"), &account).await.unwrap().as_ref() == Some(&own));
    assert!(read.login_profile_by_name(None, &account).await.unwrap().as_ref() == Some(&root));
    assert!(read.login_profile_by_name(Some("u"), &account).await.unwrap().as_ref() == Some(&own));
    for nobody in ["v", "w", "id of u"] {
        assert!(read.login_profile_by_name(Some(nobody), &account).await.unwrap().is_none(), "{nobody}");
    }
    let mut write = catalog.write().await.unwrap();
    assert!(write.user_delete("id of u").await.is_err(), "it has a password");
    write.abandon().await.unwrap();
    let mut write = catalog.write().await.unwrap();
    let changed = LoginProfileRecord { password_hash: "other".to_owned(), updated_at: at(3), ..own };
    assert!(write.login_profile_update(&changed).await.unwrap());
    assert!(!write.login_profile_update(&profile(Some("id of v"))).await.unwrap());
    assert!(write.read().login_profile_of_owner(Some("id of u"), &account).await.unwrap() == Some(changed));
    assert!(write.login_profile_delete(Some("id of u"), &account).await.unwrap());
    assert!(!write.login_profile_delete(Some("id of u"), &account).await.unwrap());
    assert!(write.read().login_profile_of_owner(None, &account).await.unwrap() == Some(root));
    assert!(write.user_delete("id of u").await.unwrap());
    write.commit().await.unwrap();
}

/// Shows that sessions end with the password or the access key that opened them, and that those of others go on.
async fn sessions_end_with_what_opened_them(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    write.user_insert(&user("u")).await.unwrap();
    let sessions = [
        session(1, None, None),
        session(2, None, Some("key of root")),
        session(3, Some("id of u"), None),
        session(4, Some("id of u"), Some("key of u")),
        session(5, Some("id of u"), None),
        session(6, Some("id of u"), Some("other key of u")),
    ];
    for session in &sessions {
        write.console_session_insert(session).await.unwrap();
    }
    write.commit().await.unwrap();
    let found = catalog.read().console_session_by_token(&[4; 32]).await.unwrap();
    assert_eq!(found.as_ref(), Some(&sessions[3]));
    let mut write = catalog.write().await.unwrap();
    write.console_sessions_end_of_password(Some("id of u"), &account()).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(there(&catalog).await, [1, 2, 4, 6]);
    let mut write = catalog.write().await.unwrap();
    write.console_sessions_end_of_access_key("key of u").await.unwrap();
    write.console_sessions_end_of_password(None, &account()).await.unwrap();
    assert!(write.console_session_delete(&[6; 32]).await.unwrap());
    assert!(!write.console_session_delete(&[6; 32]).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(there(&catalog).await, [2]);
}

/// Shows that what is over or was not used is forgotten, that the last use never goes back, and that the oldest ones give way to new ones.
async fn sessions_end_with_time_and_number(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    write.user_insert(&user("u")).await.unwrap();
    for digest in 1..=5 {
        write.console_session_insert(&session(digest, None, None)).await.unwrap();
    }
    write.console_session_insert(&session(6, Some("id of u"), None)).await.unwrap();
    let over = ConsoleSessionRecord { expires_at: at(20), ..session(7, None, None) };
    write.console_session_insert(&over).await.unwrap();
    for second in [30, 25] {
        write.console_session_used(&[1; 32], at(second)).await.unwrap();
    }
    let used = write.read().console_session_by_token(&[1; 32]).await.unwrap();
    assert_eq!(used.map(|session| session.last_used_at), Some(at(30)));
    write.console_sessions_purge(at(20), at(2)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(there(&catalog).await, [1, 3, 4, 5, 6]);
    let mut write = catalog.write().await.unwrap();
    write.console_sessions_trim(None, &account(), 3).await.unwrap();
    write.console_sessions_trim(Some("id of u"), &account(), 3).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(there(&catalog).await, [3, 4, 5, 6]);
}

/// Shows that a name that two accounts have is seen to be two accounts'.
async fn a_name_stands_for_an_account_while_it_has_it_alone(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for (id, name) in [("1", "lab"), ("2", "shop"), ("3", "shop"), ("4", "shop")] {
        let record =
            AccountRecord { id: id.parse().unwrap(), name: name.to_owned(), created_at: at(1), kms_opened_at: None };
        assert!(write.account_insert(&record).await.unwrap());
    }
    for (name, count) in [("lab", 1), ("shop", 2), ("LAB", 0)] {
        assert_eq!(write.read().accounts_by_name(name).await.unwrap().len(), count, "{name}");
    }
    write.commit().await.unwrap();
}

/// Shows that the last login of a user is kept when the user is changed.
async fn a_login_is_noted_and_never_goes_back(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    write.user_insert(&user("u")).await.unwrap();
    for second in [9, 4] {
        write.user_signed_in("id of u", at(second)).await.unwrap();
    }
    write.user_update(&user("u")).await.unwrap();
    let found = write.read().user_by_name("u", &account()).await.unwrap();
    assert_eq!(found.and_then(|user| user.last_login_at), Some(at(9)));
    write.commit().await.unwrap();
}
