//! Every use case refuses a permit for something else, before it looks at anything.

use catalog::{AccessKeyStatus, Region};
use crypto::Secret;
use ram::{
    AfterName, AssumeRole, GroupChange, LoginProfileChange, NewPolicy, NewPolicyVersion, Permit, PolicyRef, RamError,
    RoleArn, RoleChange, RotateStrategy, Target, UserChange,
};

use crate::office::{DECRYPT, Office, document, new_group, new_role, new_user, user};

#[tokio::test]
async fn every_use_case_refuses_a_permit_for_something_else() {
    let office = Office::open().await;
    let key = office.ram.reset_root_access_key(&office.root()).await.unwrap();
    let who = office.sign_in(&key, None).await.unwrap();
    let permit: Permit = office.ask(&who, DECRYPT, &office.kms_key()).await.unwrap();
    let (ram, p, after) = (&office.ram, &permit, &AfterName::start());
    let (bob, dev, ops, name) =
        ("bob".parse().unwrap(), "dev".parse().unwrap(), "ops".parse().unwrap(), "p".parse().unwrap());
    let (v1, policy, all) =
        ("v1".parse().unwrap(), PolicyRef::Custom("p".parse().unwrap()), || document("Allow", "*", "*"));
    let target = Target::User("bob".parse().unwrap());
    let new_policy = NewPolicy { name: "p".parse().unwrap(), description: String::new(), document: all() };
    let new_version = NewPolicyVersion {
        policy: "p".parse().unwrap(),
        document: all(),
        set_as_default: true,
        rotate: RotateStrategy::None,
    };
    let role = RoleArn { account: "2222222222222222".parse().unwrap(), name: "ops".parse().unwrap() };
    let session = AssumeRole { role, session: "s1".parse().unwrap(), duration_s: None, policy: None };
    let password = Secret::copy_of(b"Example_1234");
    let profile = LoginProfileChange { password: Some(password.duplicate()), reset_required: None };

    let outcomes = [
        ("create_user", ram.create_user(p, &new_user("bob")).await.err()),
        ("user", ram.user(p, &bob).await.err()),
        ("list_users", ram.list_users(p, after).await.err()),
        ("update_user", ram.update_user(p, &bob, UserChange::default()).await.err()),
        ("delete_user", ram.delete_user(p, &bob).await.err()),
        ("create_login_profile", ram.create_login_profile(p, &bob, &password, false).await.err()),
        ("login_profile", ram.login_profile(p, &bob).await.err()),
        ("update_login_profile", ram.update_login_profile(p, &bob, &profile).await.err()),
        ("delete_login_profile", ram.delete_login_profile(p, &bob).await.err()),
        ("set_root_password", ram.set_root_password(p, &password).await.err()),
        ("create_access_key", ram.create_access_key(p, &user("bob")).await.err()),
        ("list_access_keys", ram.list_access_keys(p, &user("bob")).await.err()),
        ("update_access_key", ram.update_access_key(p, &key.id, &user("bob"), AccessKeyStatus::Active).await.err()),
        ("delete_access_key", ram.delete_access_key(p, &key.id, &user("bob")).await.err()),
        ("access_key_last_used", ram.access_key_last_used(p, &key.id, &user("bob")).await.err()),
        ("reset_root_access_key", ram.reset_root_access_key(p).await.err()),
        ("bootstrap_root_access_key", ram.bootstrap_root_access_key(p, &key).await.err()),
        ("open_kms", ram.open_kms(p, &Region::default()).await.err()),
        ("create_group", ram.create_group(p, &new_group("dev")).await.err()),
        ("group", ram.group(p, &dev).await.err()),
        ("list_groups", ram.list_groups(p, after).await.err()),
        ("update_group", ram.update_group(p, &dev, GroupChange::default()).await.err()),
        ("delete_group", ram.delete_group(p, &dev).await.err()),
        ("add_user_to_group", ram.add_user_to_group(p, &bob, &dev).await.err()),
        ("remove_user_from_group", ram.remove_user_from_group(p, &bob, &dev).await.err()),
        ("list_users_for_group", ram.list_users_for_group(p, &dev, after).await.err()),
        ("list_groups_for_user", ram.list_groups_for_user(p, &bob).await.err()),
        ("create_policy", ram.create_policy(p, &new_policy).await.err()),
        ("policy", ram.policy(p, &policy).await.err()),
        ("list_policies", ram.list_policies(p, None, "", 100).await.err()),
        ("delete_policy", ram.delete_policy(p, &name, true).await.err()),
        ("create_policy_version", ram.create_policy_version(p, &new_version).await.err()),
        ("policy_version", ram.policy_version(p, &policy, v1).await.err()),
        ("list_policy_versions", ram.list_policy_versions(p, &policy).await.err()),
        ("set_default_policy_version", ram.set_default_policy_version(p, &name, v1).await.err()),
        ("delete_policy_version", ram.delete_policy_version(p, &name, v1).await.err()),
        ("attach_policy", ram.attach_policy(p, &policy, &target).await.err()),
        ("detach_policy", ram.detach_policy(p, &policy, &target).await.err()),
        ("list_policies_for", ram.list_policies_for(p, &target).await.err()),
        ("list_entities_for_policy", ram.list_entities_for_policy(p, &policy).await.err()),
        ("create_role", ram.create_role(p, &new_role("ops", all())).await.err()),
        ("role", ram.role(p, &ops).await.err()),
        ("list_roles", ram.list_roles(p, after).await.err()),
        ("update_role", ram.update_role(p, &ops, RoleChange::default()).await.err()),
        ("delete_role", ram.delete_role(p, &ops).await.err()),
        ("assume_role", ram.assume_role(p, &session).await.err()),
    ];
    for (use_case, error) in outcomes {
        assert!(matches!(error, Some(RamError::NotCovered { .. })), "{use_case}: {error:?}");
    }
    assert!(ram.list_users(&office.root(), after).await.unwrap().items.is_empty(), "nothing was done");
}
