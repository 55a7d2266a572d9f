//! The first start, and the keys of the account itself.

use catalog::{Clock, Region};
use crypto::{Secret, SeededRandom};
use ram::keys::AccessKey;
use ram::system::{DISK_ENCRYPT_ROLE, SystemPolicy};
use ram::{AccountId, AuthenticateError, IdentityType, KeyOwner, Permit, PolicyRef, RamError, Target};

use crate::office::{ENCRYPT, Office, another_process, code, new_role};

/// The account is made once, for all processes, with KMS opened and the role that ECS needs.
#[tokio::test]
async fn the_first_account_is_born_able_to_work() {
    let office = Office::open().await;
    let root = office.root();
    assert_eq!(office.ram.ensure_account().await.unwrap(), office.account);
    let other = another_process(&office.catalog, &office.clock, b"two");
    assert_eq!(other.ensure_account().await.unwrap(), office.account);

    assert!(office.ram.kms_is_opened(office.account).await.unwrap());
    assert!(!office.ram.open_kms(&root, &Region::default()).await.unwrap(), "it was open");
    let role = office.ram.role(&root, &DISK_ENCRYPT_ROLE.name.parse().unwrap()).await.unwrap();
    assert_eq!(role.trust_document, DISK_ENCRYPT_ROLE.trust);
    let target = Target::Role(DISK_ENCRYPT_ROLE.name.parse().unwrap());
    let policies = office.ram.list_policies_for(&root, &target).await.unwrap();
    let names: Vec<_> = policies.iter().map(|policy| policy.policy.name()).collect();
    assert_eq!(names, [DISK_ENCRYPT_ROLE.policy]);
}

/// Another account opens KMS itself, once.
#[tokio::test]
async fn other_accounts_open_kms_once() {
    let office = Office::open().await;
    let second = office.second_account().await;
    let (account, region) = (second.account(), Region::default());
    assert!(!office.ram.kms_is_opened(account).await.unwrap());
    assert!(office.ram.open_kms(&second, &region).await.unwrap());
    assert!(office.ram.kms_is_opened(account).await.unwrap());
    assert!(!office.ram.open_kms(&second, &region).await.unwrap());
}

/// A new account has a key that works, and nothing else: no KMS, no roles. It opens KMS and makes the role that ECS needs by itself, by what
/// is documented of it. The first account stays the first one.
#[tokio::test]
async fn a_second_account_begins_with_nothing_and_makes_its_service_role() {
    let office = Office::open().await;
    let (account, key) = office.ram.create_account(&"second".parse().unwrap()).await.unwrap();
    assert_ne!(account, office.account);
    assert_eq!(office.ram.ensure_account().await.unwrap(), office.account);
    let listed = office.ram.list_accounts().await.unwrap();
    let names: Vec<_> = listed.iter().map(|account| (account.id.to_string(), account.name.as_str())).collect();
    assert!(names.contains(&(account.to_string(), "second")) && names.len() == 2, "{names:?}");

    let who = office.sign_in(&key, None).await.unwrap();
    assert_eq!(who.identity().arn, format!("acs:ram::{account}:root"));
    let root = Permit::for_local_operator(account, office.clock.now());
    assert!(!office.ram.kms_is_opened(account).await.unwrap());
    let name = DISK_ENCRYPT_ROLE.name.parse().unwrap();
    assert_eq!(code(office.ram.role(&root, &name).await), "EntityNotExist.Role");

    assert!(office.ram.open_kms(&root, &Region::default()).await.unwrap());
    office.ram.create_role(&root, &new_role(DISK_ENCRYPT_ROLE.name, DISK_ENCRYPT_ROLE.trust.to_owned())).await.unwrap();
    let (policy, target) =
        (PolicyRef::System(SystemPolicy::of(DISK_ENCRYPT_ROLE.policy).unwrap()), Target::Role(name.clone()));
    office.ram.attach_policy(&root, &policy, &target).await.unwrap();
    let made = office.ram.role(&root, &name).await.unwrap();
    let first = office.ram.role(&office.root(), &name).await.unwrap();
    assert_eq!(made.trust_document, first.trust_document);
    assert_eq!(
        (made.account.to_string(), first.account.to_string()),
        (account.to_string(), office.account.to_string())
    );
}

/// A key for an account that is not there is not made.
#[tokio::test]
async fn only_an_account_that_exists_gets_a_key() {
    let office = Office::open().await;
    let nobody: AccountId = "9999999999999999".parse().unwrap();
    let permit = Permit::for_local_operator(nobody, office.clock.now());
    let refused = office.ram.reset_root_access_key(&permit).await.err();
    assert!(matches!(refused, Some(RamError::AccountNotFound(account)) if account == nobody), "{refused:?}");
}

/// A reset makes the one key that works; those before it are gone at once.
#[tokio::test]
async fn a_reset_replaces_all_root_keys() {
    let office = Office::open().await;
    let first = office.ram.reset_root_access_key(&office.root()).await.unwrap();
    let who = office.sign_in(&first, None).await.unwrap();
    let identity = who.identity();
    assert_eq!(identity.identity_type, IdentityType::Account);
    assert_eq!(identity.arn, format!("acs:ram::{}:root", office.account));
    assert_eq!(identity.principal_id, office.account.to_string());
    assert!(office.ask(&who, ENCRYPT, &office.kms_key()).await.is_ok(), "root may do everything in its account");

    office.ram.create_access_key(&office.root(), &KeyOwner::Root).await.unwrap();
    let second = office.ram.reset_root_access_key(&office.root()).await.unwrap();
    assert!(matches!(office.sign_in(&first, None).await, Err(AuthenticateError::NotFound)));
    assert!(office.sign_in(&second, None).await.is_ok());
    assert_eq!(office.ram.list_access_keys(&office.root(), &KeyOwner::Root).await.unwrap().len(), 1);
}

/// A pair that is brought along works, may be brought again, may get a new secret, and takes nobody else's id.
#[tokio::test]
async fn a_root_key_can_be_brought_along() {
    let office = Office::open().await;
    let pair = |secret: &str| AccessKey {
        id: "LTAIautomation0001".parse().unwrap(),
        secret: Secret::copy_of(secret.as_bytes()),
    };
    let root = office.root();
    for secret in ["first-secret-0123456789", "first-secret-0123456789", "second-secret-012345678"] {
        office.ram.bootstrap_root_access_key(&root, &pair(secret)).await.unwrap();
        assert!(office.sign_in(&pair(secret), None).await.is_ok());
    }
    for secret in ["short", "with a space in it 1234", ""] {
        assert_eq!(code(office.ram.bootstrap_root_access_key(&root, &pair(secret)).await), "InvalidParameter");
    }
    let temporary = AccessKey::for_session(&SeededRandom::new(b"sts"));
    assert_eq!(code(office.ram.bootstrap_root_access_key(&root, &temporary).await), "InvalidParameter");

    let bob = office.hire("bob").await;
    let stolen = office.ram.bootstrap_root_access_key(&root, &bob).await;
    assert_eq!(code(stolen), "EntityAlreadyExists.User.AccessKey");
}
