//! Names that are taken, and things that cannot be deleted while others hang on them.

use ram::{PolicyRef, Target, UserChange};

use crate::office::{Office, code, document, new_group, new_role, new_user, user};

/// Each kind of name is taken once in an account; another account has its own.
#[tokio::test]
async fn names_are_taken_once_in_an_account() {
    let office = Office::open().await;
    let second = office.second_account().await;
    let trust = || ram::system::DISK_ENCRYPT_ROLE.trust.to_owned();
    for permit in [&office.root(), &second] {
        office.ram.create_user(permit, &new_user("x")).await.unwrap();
        office.ram.create_group(permit, &new_group("x")).await.unwrap();
        office.ram.create_role(permit, &new_role("x", trust())).await.unwrap();
        office.write_policy(permit, "x", document("Allow", "*", "*")).await;
    }
    let root = office.root();
    assert_eq!(code(office.ram.create_user(&root, &new_user("x")).await), "EntityAlreadyExists.User");
    assert_eq!(code(office.ram.create_group(&root, &new_group("x")).await), "EntityAlreadyExists.Group");
    assert_eq!(code(office.ram.create_role(&root, &new_role("x", trust())).await), "EntityAlreadyExists.Role");
    let policy = ram::NewPolicy {
        name: "x".parse().unwrap(),
        description: String::new(),
        document: document("Allow", "*", "*"),
    };
    assert_eq!(code(office.ram.create_policy(&root, &policy).await), "EntityAlreadyExists.Policy");

    office.ram.create_user(&root, &new_user("y")).await.unwrap();
    let to = UserChange { name: Some("x".parse().unwrap()), ..UserChange::default() };
    let renamed = office.ram.update_user(&root, &"y".parse().unwrap(), to).await;
    assert_eq!(code(renamed), "EntityAlreadyExists.User");
}

/// A user goes when its keys, groups and policies are gone, in this order of refusals.
#[tokio::test]
async fn a_user_is_deleted_last() {
    let office = Office::open().await;
    let root = office.root();
    let key = office.hire("bob").await;
    let (bob, dev) = ("bob".parse().unwrap(), "dev".parse().unwrap());
    office.ram.create_group(&root, &new_group("dev")).await.unwrap();
    office.ram.add_user_to_group(&root, &bob, &dev).await.unwrap();
    assert_eq!(code(office.ram.add_user_to_group(&root, &bob, &dev).await), "EntityAlreadyExists.User.Group");
    let (policy, target) =
        (PolicyRef::system(&"AliyunKMSFullAccess".parse().unwrap()).unwrap(), Target::User(bob.clone()));
    office.ram.attach_policy(&root, &policy, &target).await.unwrap();
    assert_eq!(code(office.ram.attach_policy(&root, &policy, &target).await), "EntityAlreadyExists.User.Policy");

    assert_eq!(code(office.ram.delete_user(&root, &bob).await), "DeleteConflict.User.AccessKey");
    office.ram.delete_access_key(&root, &key.id, &user("bob")).await.unwrap();
    assert_eq!(code(office.ram.delete_user(&root, &bob).await), "DeleteConflict.User.Group");
    assert_eq!(code(office.ram.delete_group(&root, &dev).await), "DeleteConflict.Group.User");
    office.ram.remove_user_from_group(&root, &bob, &dev).await.unwrap();
    assert_eq!(code(office.ram.remove_user_from_group(&root, &bob, &dev).await), "EntityNotExist.User.Group");
    assert_eq!(code(office.ram.delete_user(&root, &bob).await), "DeleteConflict.User.Policy");
    office.ram.detach_policy(&root, &policy, &target).await.unwrap();
    assert_eq!(code(office.ram.detach_policy(&root, &policy, &target).await), "EntityNotExist.User.Policy");
    office.ram.delete_user(&root, &bob).await.unwrap();
    assert_eq!(code(office.ram.delete_user(&root, &bob).await), "EntityNotExist.User");
    office.ram.delete_group(&root, &dev).await.unwrap();
}

/// Policies hold groups and roles back, attachments and versions hold policies back; cascading deletes them along.
#[tokio::test]
async fn a_policy_is_deleted_last_or_cascading() {
    let office = Office::open().await;
    let root = office.root();
    office.ram.create_user(&root, &new_user("bob")).await.unwrap();
    office.ram.create_group(&root, &new_group("dev")).await.unwrap();
    office.ram.create_role(&root, &new_role("ops", ram::system::DISK_ENCRYPT_ROLE.trust.to_owned())).await.unwrap();
    let policy = office.write_policy(&root, "p", document("Allow", "kms:*", "*")).await;
    let name = "p".parse().unwrap();
    let targets = [
        (Target::User("bob".parse().unwrap()), "DeleteConflict.Policy.User"),
        (Target::Group("dev".parse().unwrap()), "DeleteConflict.Policy.Group"),
        (Target::Role("ops".parse().unwrap()), "DeleteConflict.Policy.Role"),
    ];
    for (target, wanted) in &targets {
        office.ram.attach_policy(&root, &policy, target).await.unwrap();
        assert_eq!(code(office.ram.delete_policy(&root, &name, false).await), *wanted);
        match target {
            Target::Group(group) => {
                assert_eq!(code(office.ram.delete_group(&root, group).await), "DeleteConflict.Group.Policy");
            }
            Target::Role(role) => {
                assert_eq!(code(office.ram.delete_role(&root, role).await), "DeleteConflict.Role.Policy");
            }
            Target::User(_) => {}
        }
        office.ram.detach_policy(&root, &policy, target).await.unwrap();
    }
    let new = ram::NewPolicyVersion {
        policy: "p".parse().unwrap(),
        document: document("Deny", "*", "*"),
        set_as_default: false,
        rotate: ram::RotateStrategy::None,
    };
    office.ram.create_policy_version(&root, &new).await.unwrap();
    assert_eq!(code(office.ram.delete_policy(&root, &name, false).await), "DeleteConflict.Policy.Version");
    let default = office.ram.delete_policy_version(&root, &name, "v1".parse().unwrap()).await;
    assert_eq!(code(default), "DeleteConflict.Policy.Version.Default");
    office.ram.attach_policy(&root, &policy, &targets[0].0).await.unwrap();
    office.ram.delete_policy(&root, &name, true).await.unwrap();
    assert_eq!(code(office.ram.policy(&root, &policy).await), "EntityNotExist.Policy");
    assert!(office.ram.list_policies_for(&root, &targets[0].0).await.unwrap().is_empty());
    office.ram.delete_role(&root, &"ops".parse().unwrap()).await.unwrap();
}
