//! Uploads, and images by their tags and owners.

use catalog::{ImageFilter, ImageOwner, NewJob, PageRequest, Scope, Tag, TaggedResource, UploadRecord};

use crate::image_queries::{at, image};
use crate::place::{Place, on_both_engines};

on_both_engines!(an_upload_has_one_job, uploads_end_with_time_or_job, images_are_found_by_tags_and_owner);

fn upload(id: &str, digest: u8) -> UploadRecord {
    UploadRecord {
        id: id.to_owned(),
        scope: Scope::default(),
        token_digest: [digest; 32],
        bytes: 1 << 40,
        sha256: [9; 32],
        complete: false,
        job_id: String::new(),
        created_at: at(1),
        expires_at: at(10),
    }
}

/// Shows that an upload is read as it was written, by id, token and file; that only a complete one is used, once; and that a renewed one has
/// another token.
async fn an_upload_has_one_job(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    let first = upload("u-1", 1);
    write.upload_insert(&first).await.unwrap();
    assert_eq!(write.read().upload_by_id("u-1").await.unwrap(), Some(first.clone()));
    assert_eq!(write.read().upload_by_token(&[1; 32]).await.unwrap(), Some(first.clone()));
    let same = |now| (1 << 40, [9; 32], Scope::default(), at(now));
    for (now, found) in [(9, true), (10, false)] {
        let (bytes, sha256, scope, now) = same(now);
        assert_eq!(write.read().upload_of_file(bytes, &sha256, &scope, now).await.unwrap().is_some(), found, "{now}");
    }
    let renewed = UploadRecord { token_digest: [2; 32], expires_at: at(20), ..first };
    write.upload_renew(&renewed).await.unwrap();
    assert_eq!(write.read().upload_by_token(&[1; 32]).await.unwrap(), None);
    assert!(!write.upload_use("u-1", "t-1", at(2)).await.unwrap());
    assert!(!write.upload_advance("u-1", true, at(30), at(20)).await.unwrap(), "given up");
    assert!(write.upload_advance("u-1", true, at(30), at(19)).await.unwrap());
    assert!(!write.upload_use("u-1", "t-1", at(30)).await.unwrap(), "given up");
    assert!(write.upload_use("u-1", "t-1", at(29)).await.unwrap());
    assert!(!write.upload_use("u-1", "t-2", at(29)).await.unwrap());
    assert!(!write.upload_advance("u-1", false, at(40), at(29)).await.unwrap(), "a job has it");
    assert!(!write.upload_advance("u-9", true, at(30), at(2)).await.unwrap());
    assert_eq!(write.read().uploads_count(&Scope::default()).await.unwrap(), 1);
    write.commit().await.unwrap();
}

/// Shows that an upload is over when its time is, or when the job that reads it is, and not while that job goes on; only then it is deleted.
async fn uploads_end_with_time_or_job(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for (id, digest) in [("u-1", 1), ("u-2", 2)] {
        write.upload_insert(&upload(id, digest)).await.unwrap();
    }
    let job = NewJob {
        id: "t-1".to_owned(),
        scope: Scope::default(),
        action: "ImportImage".to_owned(),
        image_id: "m-1".to_owned(),
        spec: "{}".to_owned(),
        place: String::new(),
        created_at: at(1),
    };
    write.job_insert(&job).await.unwrap();
    assert!(write.upload_advance("u-2", true, at(10), at(2)).await.unwrap());
    assert!(write.upload_use("u-2", "t-1", at(2)).await.unwrap());
    for (id, now) in [("u-1", 9), ("u-2", 11), ("u-9", 11)] {
        assert!(!write.upload_delete_over(id, at(now)).await.unwrap(), "{id}");
    }
    for (now, over) in [(9, vec![]), (10, vec!["u-1"])] {
        let found = write.read().uploads_over(at(now)).await.unwrap();
        assert_eq!(found.iter().map(|upload| upload.id.as_str()).collect::<Vec<_>>(), over, "{now}");
    }
    assert!(write.job_end("t-1", None, "Finished", ("", ""), at(2)).await.unwrap());
    let found = write.read().uploads_over(at(3)).await.unwrap();
    assert_eq!(found.iter().map(|upload| upload.id.as_str()).collect::<Vec<_>>(), ["u-2"]);
    assert!(write.upload_delete_over("u-2", at(3)).await.unwrap());
    assert!(write.upload_delete_over("u-1", at(10)).await.unwrap());
    assert_eq!(write.read().upload_by_id("u-2").await.unwrap(), None);
    write.commit().await.unwrap();
}

/// Shows that an image has to have all tags that are wanted, with the value where one is said, and that the owner's id counts.
async fn images_are_found_by_tags_and_owner(place: &Place) {
    let catalog = place.open().await;
    let mut write = catalog.write().await.unwrap();
    for (id, tags) in [("m-1", vec![("team", "a"), ("stage", "x")]), ("m-2", vec![("team", "ab")]), ("m-3", vec![])] {
        assert!(write.image_insert(&image(id, "")).await.unwrap());
        let resource =
            TaggedResource { scope: Scope::default(), resource_type: "image".to_owned(), resource_id: id.to_owned() };
        for (key, value) in tags {
            write.tag_put(&Tag { key: key.to_owned(), value: value.to_owned() }, &resource).await.unwrap();
        }
    }
    type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: [Case; 8] = [
        (&[], &["m-1", "m-2", "m-3"]),
        (&[("team", "")], &["m-1", "m-2"]),
        (&[("team", "a")], &["m-1"]),
        (&[("team", "a"), ("team", "")], &["m-1"]),
        (&[("team", "a"), ("team", "ab")], &[]),
        (&[("team", ""), ("stage", "x")], &["m-1"]),
        (&[("team", "a"), ("stage", "y")], &[]),
        (&[("tea", "")], &[]),
    ];
    for (tags, wanted) in cases {
        let tags = tags.iter().map(|(key, value)| Tag { key: (*key).to_owned(), value: (*value).to_owned() }).collect();
        let filter = ImageFilter { owner: ImageOwner::Any, tags, ..ImageFilter::default() };
        let found = write.read().images_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        let ids: Vec<_> = found.items.iter().map(|image| image.id.as_str()).collect();
        assert_eq!((ids.as_slice(), found.total_count), (wanted, wanted.len() as u64), "{:?}", filter.tags);
    }
    for (owner, count) in [(Scope::default().account.to_string(), 3), ("2000000000000002".to_owned(), 0)] {
        let filter = ImageFilter { owner_id: owner, ..ImageFilter::default() };
        let found = write.read().images_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        assert_eq!(found.total_count, count);
    }
    for (is_used, count) in [(None, 3), (Some(false), 3), (Some(true), 0)] {
        let filter = ImageFilter { is_used, ..ImageFilter::default() };
        let found = write.read().images_page(&filter, &Scope::default(), PageRequest::first()).await.unwrap();
        assert_eq!(found.total_count, count);
    }
    write.commit().await.unwrap();
}
