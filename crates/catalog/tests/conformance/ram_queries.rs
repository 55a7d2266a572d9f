//! Accounts, users, groups, roles, access keys, policies and attachments.

use catalog::{
    AccessKeyRecord, AccessKeyStatus, Account, AccountRecord, AfterName, Attachment, AttachmentTarget, Catalog, Grant,
    GroupRecord, PolicyName, PolicyRecord, PolicyType, PolicyVersionRecord, RoleRecord, TargetKind, Timestamp,
    UserRecord,
};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    an_account_is_made_once,
    users_are_listed_behind_a_marker,
    a_renamed_user_keeps_what_it_has,
    access_keys_belong_to_a_user_or_to_the_account,
    roles_and_groups_are_read_as_they_were_written,
    a_policy_has_versions,
    grants_come_from_user_groups_and_roles,
);

/// Shows that an account id is taken once and that the opening of the key management service is remembered.
async fn an_account_is_made_once(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let mut record = AccountRecord { id: account(), name: "lab".to_owned(), created_at: at(1), kms_opened_at: None };
    assert!(write.account_insert(&record).await.unwrap());
    assert!(!write.account_insert(&record).await.unwrap());
    record.kms_opened_at = Some(at(2));
    assert!(write.account_update(&record).await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(catalog.read().account_by_id(&account()).await.unwrap().as_ref(), Some(&record));
    assert_eq!(catalog.read().accounts_list(&AfterName::start()).await.unwrap().items, [record]);
}

/// Shows that a list goes on where it ended, in the order of bytes, and says when it is at its end.
async fn users_are_listed_behind_a_marker(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    for name in ["b", "a", "C", "d.x", "d-x"] {
        assert!(write.user_insert(&user(name)).await.unwrap());
    }
    assert!(!write.user_insert(&UserRecord { id: "other".to_owned(), ..user("a") }).await.unwrap(), "a taken name");
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.users_count(&account()).await.unwrap(), 5);
    let (mut names, mut marker) = (Vec::new(), String::new());
    for expected_more in [true, true, false] {
        let listed = read.users_list(&account(), &AfterName::new(marker.clone(), 2).unwrap()).await.unwrap();
        assert_eq!(listed.marker.is_some(), expected_more);
        marker = listed.marker.unwrap_or_default();
        names.extend(listed.items.into_iter().map(|user| user.name));
    }
    assert_eq!(names, ["C", "a", "b", "d-x", "d.x"]);
    // An end that falls on the end of a page has no marker either.
    assert_eq!(read.users_list(&account(), &AfterName::new("", 5).unwrap()).await.unwrap().marker, None);
}

/// Shows that keys, groups and policies follow a user to its new name, and that a user who has any cannot be removed by mistake.
async fn a_renamed_user_keeps_what_it_has(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    let mut renamed = user("old");
    write.user_insert(&renamed).await.unwrap();
    write.group_insert(&group("admins")).await.unwrap();
    assert!(write.group_member_insert(&renamed.id, "id of admins", at(1)).await.unwrap());
    assert!(!write.group_member_insert(&renamed.id, "id of admins", at(1)).await.unwrap());
    renamed.name = "new".to_owned();
    assert!(write.user_update(&renamed).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.user_by_name("old", &account()).await.unwrap(), None);
    assert_eq!(read.user_by_name("new", &account()).await.unwrap().as_ref(), Some(&renamed));
    assert_eq!(read.users_of_group("id of admins", &AfterName::start()).await.unwrap().items, [renamed.clone()]);
    assert_eq!(read.groups_of_user(&renamed.id, &AfterName::start()).await.unwrap().items, [group("admins")]);
    let mut write = catalog.write().await.unwrap();
    assert!(write.user_delete(&renamed.id).await.is_err(), "it is in a group");
    write.abandon().await.unwrap();
    let mut write = catalog.write().await.unwrap();
    assert!(write.group_member_delete(&renamed.id, "id of admins").await.unwrap());
    assert!(!write.group_member_delete(&renamed.id, "id of admins").await.unwrap());
    assert!(write.user_delete(&renamed.id).await.unwrap());
    assert!(write.group_delete("id of admins").await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(catalog.read().user_by_id(&renamed.id).await.unwrap(), None);
}

/// Shows that the keys of the account itself are apart from those of its users, and that the last use never goes back.
async fn access_keys_belong_to_a_user_or_to_the_account(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    write.user_insert(&user("u")).await.unwrap();
    let key = |id: &str, user_id: Option<&str>| AccessKeyRecord {
        id: id.to_owned(),
        account: account(),
        user_id: user_id.map(ToOwned::to_owned),
        secret: vec![1, 2, 3],
        status: AccessKeyStatus::Active,
        created_at: at(1),
        last_used_at: None,
    };
    for key in [key("root", None), key("own", Some("id of u"))] {
        write.access_key_insert(&key).await.unwrap();
    }
    assert!(write.read().access_keys_of_owner(None, &account()).await.unwrap() == [key("root", None)]);
    assert!(
        write.read().access_keys_of_owner(Some("id of u"), &account()).await.unwrap() == [key("own", Some("id of u"))]
    );
    let mut changed =
        AccessKeyRecord { status: AccessKeyStatus::Inactive, secret: vec![4], ..key("own", Some("id of u")) };
    assert!(write.access_key_update(&changed).await.unwrap());
    for second in [5, 3] {
        write.access_key_used("own", at(second)).await.unwrap();
    }
    changed.last_used_at = Some(at(5));
    write.commit().await.unwrap();
    assert!(catalog.read().access_key_by_id("own").await.unwrap() == Some(changed));
    let mut write = catalog.write().await.unwrap();
    assert!(write.access_key_delete("own").await.unwrap());
    assert!(!write.access_key_delete("own").await.unwrap());
    write.commit().await.unwrap();
}

/// Shows that every field of a role and a group survives and can be changed.
async fn roles_and_groups_are_read_as_they_were_written(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    let (mut role, mut group) = (role("r"), group("g"));
    assert!(write.role_insert(&role).await.unwrap() && write.group_insert(&group).await.unwrap());
    (role.description, role.trust_document, role.session_s_max) = ("d".to_owned(), "{\"x\":1}".to_owned(), 43200);
    (group.comments, group.updated_at) = ("c".to_owned(), at(7));
    assert!(write.role_update(&role).await.unwrap() && write.group_update(&group).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.role_by_name("r", &account()).await.unwrap().as_ref(), Some(&role));
    assert_eq!(read.role_by_id(&role.id).await.unwrap().as_ref(), Some(&role));
    assert_eq!(read.roles_list(&account(), &AfterName::start()).await.unwrap().items, [role.clone()]);
    assert_eq!(read.group_by_name("g", &account()).await.unwrap().as_ref(), Some(&group));
    assert_eq!(read.group_by_id(&group.id).await.unwrap().as_ref(), Some(&group));
    assert_eq!(read.groups_list(&account(), &AfterName::start()).await.unwrap().items, [group]);
    assert_eq!((read.roles_count(&account()).await.unwrap(), read.groups_count(&account()).await.unwrap()), (1, 1));
    let mut write = catalog.write().await.unwrap();
    assert!(write.role_delete(&role.id).await.unwrap());
    assert!(!write.role_delete(&role.id).await.unwrap());
    write.commit().await.unwrap();
}

/// Shows that a policy cannot be removed under its versions, and that versions are listed by number.
async fn a_policy_has_versions(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    let mut policy = policy("p");
    assert!(write.policy_insert(&policy).await.unwrap());
    assert!(!write.policy_insert(&policy).await.unwrap());
    for number in [10, 2, 1] {
        write.policy_version_insert(&policy_version("p", number)).await.unwrap();
    }
    (policy.default_version, policy.updated_at) = (2, at(2));
    assert!(write.policy_update(&policy).await.unwrap());
    assert!(write.policy_version_delete(1, "p", &account()).await.unwrap());
    assert!(!write.policy_version_delete(1, "p", &account()).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.policy_by_name("p", &account()).await.unwrap().as_ref(), Some(&policy));
    assert_eq!(read.policies_list(&account(), &AfterName::start()).await.unwrap().items, [policy]);
    assert_eq!(read.policies_count(&account()).await.unwrap(), 1);
    let versions = read.policy_versions_of_policy("p", &account()).await.unwrap();
    assert_eq!(versions, [policy_version("p", 2), policy_version("p", 10)]);
    let one = read.policy_version_by_number(10, "p", &account()).await.unwrap();
    assert_eq!(one, Some(policy_version("p", 10)));
    let mut write = catalog.write().await.unwrap();
    assert!(write.policy_delete("p", &account()).await.is_err(), "it has versions");
    write.abandon().await.unwrap();
    let mut write = catalog.write().await.unwrap();
    write.policy_versions_delete_of_policy("p", &account()).await.unwrap();
    assert!(write.policy_delete("p", &account()).await.unwrap());
    write.commit().await.unwrap();
}

/// Shows that a user has its own policies and those of its groups, with the text of the default version, and a role its own.
async fn grants_come_from_user_groups_and_roles(place: &Place) {
    let catalog = with_account(place).await;
    let mut write = catalog.write().await.unwrap();
    write.user_insert(&user("u")).await.unwrap();
    write.group_insert(&group("g")).await.unwrap();
    write.role_insert(&role("r")).await.unwrap();
    write.group_member_insert("id of u", "id of g", at(1)).await.unwrap();
    write.policy_insert(&PolicyRecord { default_version: 2, ..policy("p") }).await.unwrap();
    for number in [1, 2] {
        write.policy_version_insert(&policy_version("p", number)).await.unwrap();
    }
    let own = attachment(TargetKind::User, "id of u", PolicyType::Custom, "p");
    let of_group = attachment(TargetKind::Group, "id of g", PolicyType::System, "AliyunKMSFullAccess");
    let of_role = attachment(TargetKind::Role, "id of r", PolicyType::Custom, "p");
    for attachment in [&own, &of_group, &of_role] {
        assert!(write.attachment_insert(attachment).await.unwrap());
        assert!(!write.attachment_insert(attachment).await.unwrap());
    }
    write.commit().await.unwrap();
    let custom = Grant { policy: own.policy.clone(), document: Some("document 2".to_owned()) };
    let system = Grant { policy: of_group.policy.clone(), document: None };
    let mut read = catalog.read();
    assert_eq!(read.grants_of("id of u").await.unwrap(), [custom.clone(), system]);
    assert_eq!(read.grants_of("id of r").await.unwrap(), [custom]);
    assert_eq!(read.grants_of("nobody").await.unwrap(), []);
    assert_eq!(read.attachments_of_policy(&own.policy, &account()).await.unwrap(), [of_role, own.clone()]);
    assert_eq!(read.attachments_of_target(&own.target).await.unwrap(), std::slice::from_ref(&own));
    let mut write = catalog.write().await.unwrap();
    assert!(write.attachment_delete(&own.policy, &own.target).await.unwrap());
    assert!(!write.attachment_delete(&own.policy, &own.target).await.unwrap());
    write.commit().await.unwrap();
}

pub(crate) async fn with_account(place: &Place) -> Catalog {
    let catalog = place.open().await;
    let record = AccountRecord { id: account(), name: String::new(), created_at: at(1), kms_opened_at: None };
    let mut write = catalog.write().await.expect("a change");
    assert!(write.account_insert(&record).await.expect("a new account"));
    write.commit().await.expect("a commit");
    catalog
}

pub(crate) fn user(name: &str) -> UserRecord {
    UserRecord {
        id: format!("id of {name}"),
        account: account(),
        name: name.to_owned(),
        display_name: "Display".to_owned(),
        comments: "comments".to_owned(),
        email: "a@example.com".to_owned(),
        mobile_phone: "86-1".to_owned(),
        created_at: at(1),
        updated_at: at(2),
        last_login_at: None,
    }
}

fn group(name: &str) -> GroupRecord {
    GroupRecord {
        id: format!("id of {name}"),
        account: account(),
        name: name.to_owned(),
        comments: String::new(),
        created_at: at(1),
        updated_at: at(2),
    }
}

fn role(name: &str) -> RoleRecord {
    RoleRecord {
        id: format!("id of {name}"),
        account: account(),
        name: name.to_owned(),
        description: String::new(),
        trust_document: "{}".to_owned(),
        session_s_max: 3600,
        created_at: at(1),
        updated_at: at(2),
    }
}

fn policy(name: &str) -> PolicyRecord {
    PolicyRecord {
        account: account(),
        name: name.to_owned(),
        description: "text".to_owned(),
        default_version: 1,
        created_at: at(1),
        updated_at: at(1),
    }
}

fn policy_version(policy_name: &str, version: u32) -> PolicyVersionRecord {
    PolicyVersionRecord {
        account: account(),
        policy_name: policy_name.to_owned(),
        version,
        document: format!("document {version}"),
        created_at: at(1),
    }
}

fn attachment(kind: TargetKind, id: &str, policy_type: PolicyType, name: &str) -> Attachment {
    Attachment {
        target: AttachmentTarget { account: account(), kind, id: id.to_owned() },
        policy: PolicyName { policy_type, name: name.to_owned() },
        attached_at: at(1),
    }
}

pub(crate) fn account() -> Account {
    "1234567890123456".parse().expect("an account")
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time near 1970")
}
