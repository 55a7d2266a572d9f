//! How many there may be, and how long texts are (ram.md 2).

use ram::system::SYSTEM_POLICIES;
use ram::{KeyOwner, NewPolicy, NewPolicyVersion, NewUser, PolicyRef, RotateStrategy, Target};

use crate::office::{Office, code, document, new_group, new_role, new_user, user};

/// Two access keys a user, and two for the account itself.
#[tokio::test]
async fn a_third_access_key_is_refused() {
    let office = Office::open().await;
    office.hire("bob").await;
    for key_owner in [user("bob"), KeyOwner::Root] {
        while office.ram.list_access_keys(&office.root(), &key_owner).await.unwrap().len() < 2 {
            office.ram.create_access_key(&office.root(), &key_owner).await.unwrap();
        }
        let third = office.ram.create_access_key(&office.root(), &key_owner).await;
        assert_eq!(code(third), "LimitExceeded.User.AccessKey");
    }
}

/// Fifty groups.
#[tokio::test]
async fn a_fifty_first_group_is_refused() {
    let office = Office::open().await;
    for number in 0..50 {
        office.ram.create_group(&office.root(), &new_group(&format!("g{number}"))).await.unwrap();
    }
    assert_eq!(code(office.ram.create_group(&office.root(), &new_group("g50")).await), "LimitExceeded.Group");
}

/// Ten custom policies at a user, five at a group or role.
#[tokio::test]
async fn attachments_have_limits() {
    let office = Office::open().await;
    let root = office.root();
    office.hire("bob").await;
    office.ram.create_group(&root, &new_group("dev")).await.unwrap();
    office.make_role(&root, "ops", &format!("acs:ram::{}:root", office.account)).await;
    let mut policies = Vec::new();
    for number in 0..11 {
        policies.push(office.write_policy(&root, &format!("p{number}"), document("Allow", "kms:*", "*")).await);
    }
    for (target, max, wanted) in [
        (Target::User("bob".parse().unwrap()), 10, "LimitExceeded.User.Policy"),
        (Target::Group("dev".parse().unwrap()), 5, "LimitExceeded.Group.Policy"),
        (Target::Role("ops".parse().unwrap()), 5, "LimitExceeded.Role.Policy"),
    ] {
        for policy in &policies[..max] {
            office.ram.attach_policy(&root, policy, &target).await.unwrap();
        }
        assert_eq!(code(office.ram.attach_policy(&root, &policies[max], &target).await), wanted);
        // System policies count for themselves, and there are fewer than their limit of twenty.
        for policy in SYSTEM_POLICIES {
            let system = PolicyRef::system(&policy.name.parse().unwrap()).unwrap();
            office.ram.attach_policy(&root, &system, &target).await.unwrap();
        }
    }
}

/// A sixth version is refused, or takes the place of the oldest that is not the default one.
#[tokio::test]
async fn a_sixth_version_is_refused_or_rotates() {
    let office = Office::open().await;
    let root = office.root();
    let policy = office.write_policy(&root, "p", document("Allow", "kms:*", "*")).await;
    let new = |set_as_default, rotate| NewPolicyVersion {
        policy: "p".parse().unwrap(),
        document: document("Deny", "kms:*", "*"),
        set_as_default,
        rotate,
    };
    for wanted in ["v2", "v3", "v4", "v5"] {
        let made = office.ram.create_policy_version(&root, &new(false, RotateStrategy::None)).await.unwrap();
        assert_eq!(made.id.to_string(), wanted);
    }
    let sixth = office.ram.create_policy_version(&root, &new(false, RotateStrategy::None)).await;
    assert_eq!(code(sixth), "LimitExceeded.Policy.Version");

    let rotate = RotateStrategy::DeleteOldestNonDefaultVersionWhenLimitExceeded;
    let made = office.ram.create_policy_version(&root, &new(true, rotate)).await.unwrap();
    assert!(made.is_default);
    let versions = office.ram.list_policy_versions(&root, &policy).await.unwrap();
    let listed: Vec<_> = versions.iter().map(|version| (version.id.to_string(), version.is_default)).collect();
    let wanted = [("v1", false), ("v3", false), ("v4", false), ("v5", false), ("v6", true)];
    assert_eq!(listed, wanted.map(|(id, is_default)| (id.to_owned(), is_default)));
}

/// Texts, documents and durations that are too long are refused by their own codes, and nothing is made.
#[tokio::test]
async fn texts_have_limits() {
    let office = Office::open().await;
    let root = office.root();
    let long = |chars| "é".repeat(chars);
    let fits = NewUser { display_name: long(128), ..new_user("fits") };
    office.ram.create_user(&root, &fits).await.unwrap();
    for (new, wanted) in [
        (NewUser { display_name: long(129), ..new_user("bob") }, "InvalidParameter.DisplayName.Length"),
        (NewUser { comments: long(129), ..new_user("bob") }, "InvalidParameter.Comments.Length"),
        (NewUser { email: long(129), ..new_user("bob") }, "InvalidParameter.Email.Length"),
        (NewUser { mobile_phone: long(129), ..new_user("bob") }, "InvalidParameter.MobilePhone.Length"),
    ] {
        assert_eq!(code(office.ram.create_user(&root, &new).await), wanted);
    }
    assert_eq!(code(office.ram.user(&root, &"bob".parse().unwrap()).await), "EntityNotExist.User");

    let policy =
        |description: String, document: String| NewPolicy { name: "p".parse().unwrap(), description, document };
    let good = document("Allow", "*", "*");
    for (new, wanted) in [
        (policy(long(1025), good.clone()), "InvalidParameter.Description.Length"),
        (policy(String::new(), format!("{good}{}", " ".repeat(6144))), "InvalidParameter.PolicyDocument.Length"),
        (policy(String::new(), "{".to_owned()), "MalformedPolicyDocument"),
        (policy(String::new(), document("Permit", "*", "*")), "MalformedPolicyDocument"),
    ] {
        assert_eq!(code(office.ram.create_policy(&root, &new).await), wanted);
    }
    for session_s_max in [3599, 43_201] {
        let trust = ram::system::DISK_ENCRYPT_ROLE.trust.to_owned();
        let new = ram::NewRole { session_s_max, ..new_role("ops", trust) };
        assert_eq!(code(office.ram.create_role(&root, &new).await), "InvalidParameter.MaxSessionDuration");
    }
}
