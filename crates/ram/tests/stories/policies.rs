//! A change of policies counts from the next request on.

use ram::{NewPolicyVersion, RotateStrategy, Target};

use crate::office::{DECRYPT, ENCRYPT, Office, code, document, new_group};

/// Attach, new default version, back to the old one, detach: each is seen by the request after it, though the caller is busy.
#[tokio::test]
async fn a_policy_takes_effect_at_once() {
    let office = Office::open().await;
    let root = office.root();
    let key = office.hire("bob").await;
    let bob = Target::User("bob".parse().unwrap());
    assert!(!office.may_decrypt(&key, None).await);
    let policy = office.write_policy(&root, "p", document("Allow", "kms:*", "*")).await;
    assert!(!office.may_decrypt(&key, None).await, "a policy that is not attached counts for nobody");
    office.ram.attach_policy(&root, &policy, &bob).await.unwrap();
    assert!(office.may_decrypt(&key, None).await);

    let new = |set_as_default| NewPolicyVersion {
        policy: "p".parse().unwrap(),
        document: document("Deny", "kms:*", "*"),
        set_as_default,
        rotate: RotateStrategy::None,
    };
    office.ram.create_policy_version(&root, &new(false)).await.unwrap();
    assert!(office.may_decrypt(&key, None).await, "v1 counts");
    office.ram.create_policy_version(&root, &new(true)).await.unwrap();
    assert!(!office.may_decrypt(&key, None).await, "v3 counts");
    let name = "p".parse().unwrap();
    office.ram.set_default_policy_version(&root, &name, "v1".parse().unwrap()).await.unwrap();
    assert!(office.may_decrypt(&key, None).await);
    let unknown = office.ram.set_default_policy_version(&root, &name, "v9".parse().unwrap()).await;
    assert_eq!(code(unknown), "EntityNotExist.Policy.Version");

    office.ram.detach_policy(&root, &policy, &bob).await.unwrap();
    assert!(!office.may_decrypt(&key, None).await);
}

/// A group gives its policies to those who are in it, while they are; a Deny of a group beats an Allow of the user.
#[tokio::test]
async fn groups_give_and_deny() {
    let office = Office::open().await;
    let root = office.root();
    let key = office.hire("bob").await;
    let (bob, dev, jail) = ("bob".parse().unwrap(), "dev".parse().unwrap(), "jail".parse().unwrap());
    office.ram.create_group(&root, &new_group("dev")).await.unwrap();
    office.ram.create_group(&root, &new_group("jail")).await.unwrap();
    office.let_do(&root, &Target::Group("dev".parse().unwrap()), "p", "kms:Decrypt", "*").await;
    let deny = office.write_policy(&root, "no", document("Deny", "*", "*")).await;
    office.ram.attach_policy(&root, &deny, &Target::Group("jail".parse().unwrap())).await.unwrap();

    office.ram.add_user_to_group(&root, &bob, &dev).await.unwrap();
    assert!(office.may_decrypt(&key, None).await);
    office.ram.add_user_to_group(&root, &bob, &jail).await.unwrap();
    assert!(!office.may_decrypt(&key, None).await);
    office.ram.remove_user_from_group(&root, &bob, &jail).await.unwrap();
    assert!(office.may_decrypt(&key, None).await);
    office.ram.remove_user_from_group(&root, &bob, &dev).await.unwrap();
    assert!(!office.may_decrypt(&key, None).await);
}

/// One key only: what is granted on it is denied on another one, and the denial names what was missing.
#[tokio::test]
async fn one_key_and_no_other() {
    let office = Office::open().await;
    let key = office.hire("bob").await;
    office.let_do(&office.root(), &Target::User("bob".parse().unwrap()), "p", "kms:Decrypt", &office.kms_key()).await;
    assert!(office.may_decrypt(&key, None).await);
    let who = office.sign_in(&key, None).await.unwrap();
    assert_eq!(code(office.ask(&who, ENCRYPT, &office.kms_key()).await), "NoPermission");
    let other = format!("{}2", office.kms_key());
    let denial = office.ask(&who, DECRYPT, &other).await.unwrap_err().to_string();
    assert!(denial.contains("user/bob") && denial.contains("kms:Decrypt") && denial.contains(&other), "{denial}");
}
