//! A service works for an account through the role that the account gave it, and only so far.

use ram::system::{DISK_ENCRYPT_ROLE, SystemPolicy};
use ram::{Action, Ask, KeyPolicy, Permit, PolicyRef, RamError, RoleChange, Target};

use crate::office::{Office, code};

const DECRYPT: Action = Action::new("kms:Decrypt");
const TAG: (&str, &str) = ("kms:tag/acs:ecs:disk-encryption", "true");

async fn act(
    office: &Office,
    action: Action,
    tags: &[(&str, &str)],
    policy: Option<&KeyPolicy>,
) -> Result<Permit, RamError> {
    let asks = [Ask { action, resource: office.kms_key().parse().unwrap() }];
    let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let ecs = "ecs.aliyuncs.com".parse().unwrap();
    office.ram.act_for_account(&ecs, &DISK_ENCRYPT_ROLE, office.account, &asks, policy, tags).await
}

/// The role that the first account is born with lets ECS use marked keys, mark keys, and nothing else; a key's policy may forbid it.
#[tokio::test]
async fn the_role_for_disk_encryption_goes_so_far() {
    let office = Office::open().await;
    let permit = act(&office, DECRYPT, &[TAG], None).await.unwrap();
    assert!(permit.covers(DECRYPT, &office.kms_key().parse().unwrap()));
    assert!(
        permit.caller().identity().to_string().ends_with("assumed-role/AliyunECSDiskEncryptDefaultRole/ecs-service")
    );
    assert!(act(&office, Action::new("kms:TagResource"), &[], None).await.is_ok());
    assert!(matches!(act(&office, DECRYPT, &[], None).await, Err(RamError::Denied(_))), "a key without the mark");
    assert!(matches!(act(&office, Action::new("kms:DisableKey"), &[TAG], None).await, Err(RamError::Denied(_))));
    let role = format!("acs:ram::{}:role/{}", office.account, DISK_ENCRYPT_ROLE.name);
    let deny = format!(
        r#"{{"Version":"1","Statement":[{{"Effect":"Deny","Principal":{{"RAM":["{role}"]}},"Action":["kms:Decrypt"],"Resource":["*"]}}]}}"#
    );
    let deny: KeyPolicy = deny.parse().unwrap();
    assert!(
        matches!(act(&office, DECRYPT, &[TAG], Some(&deny)).await, Err(RamError::Denied(_))),
        "the key's own policy"
    );
}

/// The account takes the right away by the trust of the role, by its policy, or with the role itself; each counts at the next call.
#[tokio::test]
async fn the_account_can_take_it_away() {
    let office = Office::open().await;
    let root = office.root();
    let name: ram::RoleName = DISK_ENCRYPT_ROLE.name.parse().unwrap();
    let trust = |service: &str| {
        let text = format!(
            r#"{{"Version":"1","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":["{service}"]}}}}]}}"#
        );
        RoleChange { trust_document: Some(text), ..RoleChange::default() }
    };
    office.ram.update_role(&root, &name, trust("rds.aliyuncs.com")).await.unwrap();
    assert!(matches!(act(&office, DECRYPT, &[TAG], None).await, Err(RamError::Denied(_))), "it trusts another service");
    office.ram.update_role(&root, &name, trust("ecs.aliyuncs.com")).await.unwrap();
    assert!(act(&office, DECRYPT, &[TAG], None).await.is_ok());
    let policy: PolicyRef = PolicyRef::System(SystemPolicy::of(DISK_ENCRYPT_ROLE.policy).unwrap());
    office.ram.detach_policy(&root, &policy, &Target::Role(name.clone())).await.unwrap();
    assert!(matches!(act(&office, DECRYPT, &[TAG], None).await, Err(RamError::Denied(_))), "its policy is gone");
    office.ram.delete_role(&root, &name).await.unwrap();
    assert_eq!(code(act(&office, DECRYPT, &[TAG], None).await), "EntityNotExist.Role");
}
