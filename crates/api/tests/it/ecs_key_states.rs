//! Keys that come into another state while an image is under them: report R10. What a machine does then, and a copy that is under way, is in
//! `crates/ecs/tests/instances`.

use jiff::SignedDuration;

use crate::calls::Client;
use crate::client::NOW;
use crate::ecs_images::{ECS, REGION, add_disk, authorise_ecs, copy, import};
use crate::kms_import::{borrowed, wrapped};
use crate::story::{KMS, Story, text};

const FORCE: (&str, &str) = ("Force", "true");

/// A key that is disabled, about to be deleted, without its material, or with material whose time is over: a launch is refused at once by a
/// 403 with the key and its state, and makes no instance. With the key as it was the same call passes every check.
#[tokio::test]
async fn r10_a_launch_names_the_key_and_its_state() {
    let story = Story::begin().await;
    add_disk(&story.running);
    let root = Client::root(&story.running);
    authorise_ecs(&root).await;
    let plain = import(&root).await;
    let key = text(&story.key(&[("Origin", "EXTERNAL")]).await["KeyId"]);
    let id = ("KeyId", key.as_str());
    let bring = async |expires: &str| {
        let import = wrapped(&story, &key, "RSAES_OAEP_SHA_256", &[7; 32]).await;
        let expiry = [("KeyMaterialExpireUnix", expires)];
        story.ok("ImportKeyMaterial", &[&borrowed(&import)[..], &expiry].concat()).await;
    };
    bring("0").await;
    let sealed = copy(&root, &plain, &[("Encrypted", "true"), ("KMSKeyId", &key)]).await;
    let run = [REGION, ("ImageId", sealed.as_str()), ("InstanceType", "ecs.g6.large")];
    let passes = async || {
        let answer = root.call(ECS, "RunInstances", &[&run[..], &[("DryRun", "true")]].concat()).await;
        assert_eq!(answer.code(), "DryRunOperation", "{}", answer.body);
    };
    let refused = async |state: &str| {
        let answer = root.call(ECS, "RunInstances", &run).await;
        assert_eq!(answer.status, 403, "{state}: {}", answer.body);
        assert!(answer.body.contains(&key) && answer.body.contains(state), "{state}: {}", answer.body);
        let found = root.done(ECS, "DescribeInstances", &[REGION]).await;
        assert_eq!(found["TotalCount"], 0, "{state}");
    };
    passes().await;
    root.done(KMS, "DisableKey", &[id, FORCE]).await;
    refused("Disabled").await;
    root.done(KMS, "EnableKey", &[id]).await;
    passes().await;
    root.done(KMS, "ScheduleKeyDeletion", &[id, FORCE, ("PendingWindowInDays", "7")]).await;
    refused("PendingDeletion").await;
    root.done(KMS, "CancelKeyDeletion", &[id]).await;
    passes().await;
    root.done(KMS, "DeleteKeyMaterial", &[id]).await;
    refused("PendingImport").await;
    bring("0").await;
    passes().await;
    root.done(KMS, "DeleteKeyMaterial", &[id]).await;
    let in_a_second = NOW.parse::<jiff::Timestamp>().unwrap().as_second() + 1;
    bring(&in_a_second.to_string()).await;
    passes().await;
    story.running.services.clock.advance(SignedDuration::from_secs(2));
    refused("PendingImport").await;
    bring("0").await;
    passes().await;
}
