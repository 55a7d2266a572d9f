//! Keys, versions, aliases, tags and import tokens.

use catalog::{
    AliasRecord, ImportToken, KeyFilter, KeyId, KeyRecord, KeyState, KeyVersionId, KeyVersionRecord, PageRequest,
    Rotation, Scope, SealedImage, SealedImageRecord, Tag, TaggedResource, Timestamp, Write,
};

use crate::place::{Place, on_both_engines};

on_both_engines!(
    a_key_is_read_as_it_was_written,
    keys_are_listed_by_filter_in_pages,
    quotas_count_what_users_made,
    due_keys_are_found,
    destroyed_material_leaves_its_fingerprint,
    aliases_are_unique_in_a_scope,
    tags_are_put_listed_and_found,
    an_import_token_serves_once,
    an_image_is_recorded_once_a_path,
);

/// Shows that every field survives, at both ends of what may be absent, and that an update changes what may change.
async fn a_key_is_read_as_it_was_written(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let mut key = insert(&mut write, key(1)).await;
    assert_eq!(write.read().key_by_id(key.id).await.unwrap().unwrap(), key);
    key.state = KeyState::PendingDeletion;
    key.description = "new".to_owned();
    key.deletion_protection = true;
    key.deletion_protection_description = "why".to_owned();
    key.policy = Some("{}".to_owned());
    key.delete_at = Some(at(9));
    key.destroyed_at = Some(at(10));
    key.material_expires_at = Some(at(11));
    key.rotation =
        Rotation { enabled: true, interval_s: Some(604_800), rotated_at: Some(at(12)), rotate_at: Some(at(13)) };
    let second = version(2, key.id);
    write.key_version_insert(&second).await.unwrap();
    key.primary_version = second.id;
    write.key_update(&key).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(catalog.read().key_by_id(key.id).await.unwrap().unwrap(), key);
    assert!(catalog.read().key_by_id(key_id(9)).await.unwrap().is_none());
}

/// Shows that a filter's fields are joined by "and", its values by "or", that no value is a pattern, and that destroyed keys are left out.
async fn keys_are_listed_by_filter_in_pages(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let states = [KeyState::Enabled, KeyState::Disabled, KeyState::PendingImport];
    for number in 1..=9 {
        let mut key = key(number);
        key.state = states[usize::from(number) % 3];
        key.spec = if number > 6 { "RSA_2048" } else { "Aliyun_AES_256" }.to_owned();
        key.material_expires_at = (number <= 2).then(|| at(number.into()));
        insert(&mut write, key).await;
    }
    let mut gone = key(10);
    (gone.state, gone.delete_at, gone.destroyed_at) = (KeyState::PendingDeletion, Some(at(1)), Some(at(2)));
    insert(&mut write, gone).await;
    write.commit().await.unwrap();

    let specs =
        |specs: &[&str]| KeyFilter { specs: specs.iter().map(ToString::to_string).collect(), ..KeyFilter::default() };
    let cases = [
        (KeyFilter::default(), 9),
        (KeyFilter { states: vec![KeyState::Enabled, KeyState::Disabled], ..KeyFilter::default() }, 6),
        (specs(&["RSA_2048"]), 3),
        (KeyFilter { states: vec![KeyState::Enabled], ..specs(&["RSA_2048", "EC_P256"]) }, 1),
        (specs(&["rsa_2048"]), 0),
        (specs(&["RSA%"]), 0),
        (specs(&["RSA|2048"]), 0),
        (KeyFilter { usages: vec!["ENCRYPT/DECRYPT".to_owned()], ..KeyFilter::default() }, 9),
        (KeyFilter { origins: vec!["EXTERNAL".to_owned()], ..KeyFilter::default() }, 0),
        (KeyFilter { protection_levels: vec!["SOFTWARE".to_owned()], ..KeyFilter::default() }, 9),
        (KeyFilter { creators: vec!["nobody".to_owned()], ..KeyFilter::default() }, 0),
        (KeyFilter { material_expires_to: Some(at(1)), ..KeyFilter::default() }, 1),
        (KeyFilter { material_expires_to: Some(at(9)), ..KeyFilter::default() }, 2),
        (KeyFilter { material_expires_to: Some(Timestamp::UNIX_EPOCH), ..KeyFilter::default() }, 0),
    ];
    for (filter, expected) in cases {
        let page = catalog.read().keys_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        assert_eq!((page.total_count, page.items.len()), (expected, expected as usize), "{filter:?}");
    }
    let second = PageRequest::new(2, 4).unwrap();
    let page = catalog.read().keys_page(&KeyFilter::default(), &Scope::default(), second).await.unwrap();
    let ids: Vec<KeyId> = page.items.iter().map(|key| key.id).collect();
    assert_eq!((ids, page.total_count), ((5..=8).map(key_id).collect(), 9));
}

/// Shows that quotas leave out what services made, and that counting stops at its bound.
async fn quotas_count_what_users_made(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let scope = Scope::default();
    for number in 1..=4 {
        let mut key = key(number);
        key.service = if number == 4 { "ecs" } else { "" }.to_owned();
        let key = insert(&mut write, key).await;
        let name = if number == 4 { "alias/acs/ecs".to_owned() } else { format!("alias/{number}") };
        write.alias_insert(&alias(&name, key.id)).await.unwrap();
    }
    write.key_version_insert(&version(9, key_id(1))).await.unwrap();
    let mut read = write.read();
    assert_eq!(read.keys_count(&scope, 100).await.unwrap(), 3);
    assert_eq!(read.keys_count(&scope, 2).await.unwrap(), 2);
    assert_eq!(read.aliases_count(&scope, 100).await.unwrap(), 3);
    assert_eq!(read.key_versions_count(&scope, 100).await.unwrap(), 4);
    write.commit().await.unwrap();
}

/// Shows which keys are found for the work of the clock, and that one whose time has not come is not.
async fn due_keys_are_found(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for number in 1..=3 {
        let mut key = key(number);
        let due = Some(at(i64::from(number)));
        (key.state, key.delete_at) = (KeyState::PendingDeletion, due);
        key.material_expires_at = due;
        insert(&mut write, key).await;
        let mut rotating = self::key(number + 10);
        rotating.rotation = Rotation { enabled: true, rotate_at: due, ..Rotation::default() };
        insert(&mut write, rotating).await;
    }
    let mut off = key(20);
    (off.state, off.rotation.enabled, off.rotation.rotate_at) = (KeyState::Disabled, true, Some(at(0)));
    insert(&mut write, off).await;
    write.commit().await.unwrap();
    let mut read = catalog.read();
    assert_eq!(read.keys_due(at(2)).await.unwrap(), [key_id(1), key_id(2)]);
    assert_eq!(read.keys_to_expire(at(2)).await.unwrap(), [key_id(1), key_id(2)]);
    assert_eq!(read.keys_to_rotate(at(2)).await.unwrap(), [key_id(11), key_id(12)], "not the disabled one");
}

/// Shows that material can be absent, come, and be destroyed, and that fingerprint and public key stay.
async fn destroyed_material_leaves_its_fingerprint(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let key = key(1);
    let mut version =
        KeyVersionRecord { id: key.primary_version, material: None, fingerprint: None, ..version(1, key.id) };
    write.key_insert(&key).await.unwrap();
    write.key_version_insert(&version).await.unwrap();
    assert!(write.read().key_versions_with_material(None, 10).await.unwrap().is_empty());
    version.material = Some(vec![7; 60]);
    version.public_key = Some(vec![8; 90]);
    version.fingerprint = Some([9; 32]);
    write.key_version_update(&version).await.unwrap();
    let found = write.read().key_versions_with_material(None, 10).await.unwrap();
    assert!(found == [version.clone()]);
    assert!(write.read().key_versions_with_material(Some(version.id), 10).await.unwrap().is_empty());
    write.key_versions_destroy(key.id).await.unwrap();
    write.unsettle().await.unwrap();
    write.commit().await.unwrap();
    assert!(catalog.settle().await.unwrap());
    version.material = None;
    assert!(catalog.read().key_version_by_id(version.id).await.unwrap() == Some(version));
}

/// Shows that a name is taken once, can be moved and removed, and is listed by bytes.
async fn aliases_are_unique_in_a_scope(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for number in 1..=2 {
        insert(&mut write, key(number)).await;
    }
    for name in ["alias/b", "alias/B", "alias/a"] {
        assert!(write.alias_insert(&alias(name, key_id(1))).await.unwrap());
    }
    assert!(!write.alias_insert(&alias("alias/a", key_id(2))).await.unwrap(), "taken");
    assert!(write.alias_update("alias/a", key_id(2), &Scope::default()).await.unwrap());
    assert!(!write.alias_update("alias/c", key_id(2), &Scope::default()).await.unwrap());
    write.commit().await.unwrap();
    let mut read = catalog.read();
    let page = read.aliases_page(&Scope::default(), PageRequest::first()).await.unwrap();
    let names: Vec<&str> = page.items.iter().map(|alias| alias.name.as_str()).collect();
    assert_eq!(names, ["alias/B", "alias/a", "alias/b"], "in the order of their bytes on both engines");
    let of_key = read.aliases_page_of_key(key_id(1), PageRequest::first()).await.unwrap();
    assert_eq!(of_key.total_count, 2);
    assert_eq!(read.aliases_of_key(key_id(2)).await.unwrap(), [alias("alias/a", key_id(2))]);
    let mut write = catalog.write().await.unwrap();
    assert!(write.alias_delete("alias/a", &Scope::default()).await.unwrap());
    assert!(!write.alias_delete("alias/a", &Scope::default()).await.unwrap());
    write.aliases_delete_of_key(key_id(1)).await.unwrap();
    write.commit().await.unwrap();
    assert_eq!(catalog.read().aliases_page(&Scope::default(), PageRequest::first()).await.unwrap().total_count, 0);
}

/// Shows that a tag is there once, that its value can change, and that resources are found by key and by value.
async fn tags_are_put_listed_and_found(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
    for id in ["1", "2"] {
        write.tag_put(&tag("team", "a"), &resource(id)).await.unwrap();
        write.tag_put(&tag("stage", ""), &resource(id)).await.unwrap();
    }
    write.tag_put(&tag("team", "b"), &resource("2")).await.unwrap();
    write.commit().await.unwrap();
    let (scope, first) = (Scope::default(), PageRequest::first());
    let mut read = catalog.read();
    assert_eq!(read.tags_of_resource(&resource("2")).await.unwrap(), [tag("stage", ""), tag("team", "b")]);
    for (value, expected) in [(None, vec!["1", "2"]), (Some("b"), vec!["2"]), (Some(""), vec![])] {
        let found = read.tagged_resources_page("team", value, "key", &scope, first).await.unwrap();
        assert_eq!(found.items, expected, "{value:?}");
    }
    let mut write = catalog.write().await.unwrap();
    assert!(write.tag_delete("team", &resource("2")).await.unwrap());
    assert!(!write.tag_delete("team", &resource("2")).await.unwrap());
    write.tags_delete_of_resource(&resource("1")).await.unwrap();
    write.commit().await.unwrap();
    assert!(catalog.read().tags_of_resource(&resource("1")).await.unwrap().is_empty());
    assert_eq!(catalog.read().tags_of_resource(&resource("2")).await.unwrap(), [tag("stage", "")]);
}

/// Shows that a token can be used up once, and that expired ones are removed.
async fn an_import_token_serves_once(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    insert(&mut write, key(1)).await;
    let token = |id: &str, expires_at: i64| ImportToken {
        id: id.to_owned(),
        key_id: key_id(1),
        account: Scope::default().account,
        wrapping_algorithm: "RSAES_OAEP_SHA_256".to_owned(),
        wrapping_key_spec: "RSA_2048".to_owned(),
        private_key: vec![1, 2, 3],
        expires_at: at(expires_at),
    };
    for (id, expires_at) in [("a", 1), ("b", 2), ("c", 3)] {
        write.import_token_insert(&token(id, expires_at)).await.unwrap();
    }
    assert!(write.read().import_token_by_id("b").await.unwrap() == Some(token("b", 2)));
    assert!(write.import_token_delete("b").await.unwrap());
    assert!(!write.import_token_delete("b").await.unwrap());
    assert_eq!(write.import_tokens_purge(at(1)).await.unwrap(), 1);
    write.import_tokens_delete_of_key(key_id(1)).await.unwrap();
    assert!(write.read().import_token_by_id("c").await.unwrap().is_none());
    write.commit().await.unwrap();
}

/// Shows that the same image at the same path is one record, the newest, and that records are found by key and by LUKS uuid.
async fn an_image_is_recorded_once_a_path(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let key = insert(&mut write, key(1)).await;
    let image = |path: &str, envelope: &str| SealedImageRecord {
        image: SealedImage {
            image_id: "image".to_owned(),
            path: path.to_owned(),
            key_id: key.id,
            key_version_id: key.primary_version,
            luks_uuid: "uuid".to_owned(),
            mk_digest: "00".to_owned(),
            envelope: envelope.to_owned(),
            mode: "encrypt".to_owned(),
        },
        sealed_at: at(1),
    };
    for record in [image("/a", "old"), image("/b", "other"), image("/a", "new")] {
        write.sealed_image_insert(&record).await.unwrap();
    }
    write.commit().await.unwrap();
    let of_key = catalog.read().sealed_images_of_key(key.id, PageRequest::first()).await.unwrap();
    assert_eq!(of_key.items, [image("/b", "other"), image("/a", "new")]);
    assert!(catalog.read().sealed_image_is_recorded_elsewhere("image", "/a").await.unwrap());
    let mut write = catalog.write().await.unwrap();
    write.sealed_image_delete("image", "/b").await.unwrap();
    assert!(!write.read().sealed_image_is_recorded_elsewhere("image", "/a").await.unwrap());
    write.commit().await.unwrap();
    assert_eq!(catalog.read().sealed_images_by_luks_uuid("uuid").await.unwrap(), [image("/a", "new")]);
}

pub(crate) async fn insert(write: &mut Write, key: KeyRecord) -> KeyRecord {
    write.key_insert(&key).await.expect("a new key");
    let version = KeyVersionRecord { id: key.primary_version, ..version(0, key.id) };
    write.key_version_insert(&version).await.expect("a new version");
    key
}

/// An enabled key, made at second `number`.
pub(crate) fn key(number: u8) -> KeyRecord {
    KeyRecord {
        id: key_id(number),
        scope: Scope::default(),
        service: String::new(),
        creator: "local".to_owned(),
        state: KeyState::Enabled,
        spec: "Aliyun_AES_256".to_owned(),
        usage: "ENCRYPT/DECRYPT".to_owned(),
        origin: "Aliyun_KMS".to_owned(),
        protection_level: "SOFTWARE".to_owned(),
        description: "für Leute".to_owned(),
        deletion_protection: false,
        deletion_protection_description: String::new(),
        policy: None,
        created_at: at(i64::from(number)),
        delete_at: None,
        destroyed_at: None,
        material_expires_at: None,
        rotation: Rotation::default(),
        primary_version: KeyVersionId::new(Timestamp::UNIX_EPOCH, [number + 100; 10]),
    }
}

fn version(number: u8, key_id: KeyId) -> KeyVersionRecord {
    KeyVersionRecord {
        id: KeyVersionId::new(Timestamp::UNIX_EPOCH, [number; 10]),
        key_id,
        material: Some(vec![number; 60]),
        public_key: None,
        fingerprint: Some([number; 32]),
        created_at: at(i64::from(number)),
    }
}

fn alias(name: &str, key_id: KeyId) -> AliasRecord {
    AliasRecord { scope: Scope::default(), name: name.to_owned(), key_id, created_at: at(1) }
}

fn resource(id: &str) -> TaggedResource {
    TaggedResource { scope: Scope::default(), resource_type: "key".to_owned(), resource_id: id.to_owned() }
}

fn key_id(number: u8) -> KeyId {
    KeyId::new(Timestamp::UNIX_EPOCH, [number; 10])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("a time near 1970")
}
