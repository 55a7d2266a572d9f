//! Lists come in pages, and in both directions: what somebody has, and who has it.

use ram::{AfterName, PolicyOrigin, PolicyRef, Target};

use crate::office::{Office, document, new_group, new_user};

/// Pages follow each other by their marker and leave nothing out.
#[tokio::test]
async fn users_come_in_pages() {
    let office = Office::open().await;
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        office.ram.create_user(&office.root(), &new_user(name)).await.unwrap();
    }
    let (mut marker, mut seen, mut pages) = (String::new(), Vec::new(), 0);
    loop {
        let after = AfterName::new(marker, 2).unwrap();
        let listed = office.ram.list_users(&office.root(), &after).await.unwrap();
        seen.extend(listed.items.into_iter().map(|user| user.name));
        pages += 1;
        let Some(next) = listed.marker else { break };
        marker = next;
    }
    assert_eq!((seen, pages), (names.map(str::to_owned).to_vec(), 3));
}

/// Whatever the size of a page, the policies of the system come before those of the account, each once.
#[tokio::test]
async fn policies_of_both_types_come_in_pages() {
    let office = Office::open().await;
    for name in ["p1", "p2"] {
        office.write_policy(&office.root(), name, document("Allow", "*", "*")).await;
    }
    let list = async |policy_type, max| {
        let (mut marker, mut seen) = (String::new(), Vec::new());
        loop {
            let listed = office.ram.list_policies(&office.root(), policy_type, &marker, max).await.unwrap();
            assert!(listed.items.len() <= max as usize);
            seen.extend(listed.items.into_iter().map(|policy| policy.policy.name().to_owned()));
            match listed.marker {
                Some(next) => marker = next,
                None => return seen,
            }
        }
    };
    let (system, custom) = (list(Some(PolicyOrigin::System), 100).await, list(Some(PolicyOrigin::Custom), 100).await);
    assert_eq!((system.len(), custom.clone()), (16, vec!["p1".to_owned(), "p2".to_owned()]));
    let all = [system, custom].concat();
    for max in [1, 3, 8, 16, 17, 18, 100] {
        assert_eq!(list(None, max).await, all, "{max}");
    }
}

/// Who has a policy, and what somebody has, agree.
#[tokio::test]
async fn attachments_are_listed_from_both_ends() {
    let office = Office::open().await;
    let root = office.root();
    office.ram.create_user(&root, &new_user("bob")).await.unwrap();
    office.ram.create_group(&root, &new_group("dev")).await.unwrap();
    office.make_role(&root, "ops", &format!("acs:ram::{}:root", office.account)).await;
    let custom = office.write_policy(&root, "p", document("Allow", "*", "*")).await;
    let system = PolicyRef::system(&"ReadOnlyAccess".parse().unwrap()).unwrap();
    let targets = [
        Target::User("bob".parse().unwrap()),
        Target::Group("dev".parse().unwrap()),
        Target::Role("ops".parse().unwrap()),
    ];
    for target in &targets {
        for policy in [&custom, &system] {
            office.ram.attach_policy(&root, policy, target).await.unwrap();
        }
        let listed = office.ram.list_policies_for(&root, target).await.unwrap();
        let policies: Vec<_> = listed.into_iter().map(|listed| listed.policy).collect();
        assert_eq!(policies, [custom.clone(), system.clone()]);
    }
    for policy in [&custom, &system] {
        let entities = office.ram.list_entities_for_policy(&root, policy).await.unwrap();
        let names = (
            entities.users[0].record.name.as_str(),
            entities.groups[0].record.name.as_str(),
            entities.roles[0].record.name.as_str(),
        );
        assert_eq!(names, ("bob", "dev", "ops"));
        assert_eq!(office.ram.policy(&root, policy).await.unwrap().0.attachment_count, 3);
    }
    let second = office.second_account().await;
    let entities = office.ram.list_entities_for_policy(&second, &system).await.unwrap();
    assert!(entities.users.is_empty(), "another account's users are its own business");
}
