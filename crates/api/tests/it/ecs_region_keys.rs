//! A key for each region of one build: report R04, by the calls of Packer's plugin, which pairs regions, names and keys by their place in lists
//! and appends the home region last.

use api::{Regions, ServerConfig};
use serde_json::Value;

use crate::backend::{Backend, ROOT_KEY};
use crate::calls::{Client, Parameters};
use crate::client::{NOW, Running, local, start_with};
use crate::ecs_images::{ECS, REGION, add_disk, authorise_ecs, import, until_available_in};
use crate::signing::V3;
use crate::story::KMS;

/// Two targets, then home.
const REGIONS: [&str; 3] = ["cn-shanghai", "cn-shenzhen", "cn-hangzhou"];

/// Each region's copy comes under the key that is paired with it. A key of another region is refused as one that is not there, whichever
/// two regions are mixed up: nothing is made under another key instead.
#[tokio::test]
async fn r04_each_region_has_its_key_and_no_other() {
    let regions = Regions::new("cn-hangzhou", &REGIONS[..2]);
    let running =
        start_with(ServerConfig::new(vec![local(None)], regions), api::table(), NOW, Backend::new().await).await;
    add_disk(&running);
    let root = Client::root(&running);
    authorise_ecs(&root).await;
    let plain = import(&root).await;
    let mut keys = Vec::new();
    for region in REGIONS {
        keys.push(create_key_in(&running, region).await);
    }
    let copy = async |region: &str, key: &str| {
        let named = [("DestinationRegionId", region), ("DestinationImageName", "packed")];
        let sealed = [("Encrypted", "true"), ("KMSKeyId", key), ("ImageId", &plain), REGION];
        root.call(ECS, "CopyImage", &[&named[..], &sealed].concat()).await
    };
    for (place, region) in REGIONS.into_iter().enumerate() {
        for (_, key) in keys.iter().enumerate().filter(|(of, _)| *of != place) {
            let answer = copy(region, key).await;
            let refused = (answer.status, answer.code());
            assert_eq!(refused, (404, "InvalidParameter.KMSKeyId.NotFound".to_owned()), "{region}: {}", answer.body);
            assert!(answer.body.contains(key), "{}", answer.body);
        }
        assert_eq!(named(&root, region).await, Vec::<Value>::new(), "{region}: a refused copy left something");
    }
    for (region, key) in REGIONS.into_iter().zip(&keys) {
        let answer = copy(region, key).await;
        assert_eq!(answer.status, 200, "{region}: {}", answer.body);
        let made: Value = serde_json::from_str(&answer.body).unwrap();
        until_available_in(&root, region, made["ImageId"].as_str().unwrap()).await;
    }
    for (region, key) in REGIONS.into_iter().zip(&keys) {
        let images = named(&root, region).await;
        let found: Vec<_> = images.iter().map(|image| &image["Reseal"]["Disks"]["Disk"][0]["KMSKeyId"]).collect();
        assert_eq!(found, [key.as_str()], "{region}");
    }
}

/// The copies in a region, whatever their status.
async fn named(root: &Client<'_>, region: &str) -> Vec<Value> {
    let call: Parameters<'_> = &[("RegionId", region), ("ImageName", "packed"), ("Status", "ALL")];
    let mut found = root.done(ECS, "DescribeImages", call).await;
    found["Images"]["Image"].as_array_mut().unwrap().drain(..).collect()
}

/// KMS knows the region by the name that it is called by.
async fn create_key_in(running: &Running<Backend>, region: &str) -> String {
    let call = V3::new(KMS, "CreateKey", &[]).header("host", &format!("kms.{region}.aliyuncs.com"));
    let call = call.header("x-acs-signature-nonce", region).request(ROOT_KEY.0, ROOT_KEY.1);
    let made: Value = serde_json::from_str(&running.send(&call).await.body).unwrap();
    made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
}
