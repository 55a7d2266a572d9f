//! The default encryption of disks.

use serde_json::json;

use crate::calls::Client;
use crate::calls::start;
use crate::ecs_images::{ECS, REGION};

const ENABLE: &str = "EnableDiskEncryptionByDefault";
const DISABLE: &str = "DisableDiskEncryptionByDefault";
const MODIFY: &str = "ModifyDiskDefaultKMSKeyId";

/// Shows that the default goes on and off, begins with the service key, takes another and goes back, each region by itself.
#[tokio::test]
async fn a_default_is_kept_for_each_region() {
    let running = start().await;
    let root = Client::root(&running);
    let is_on = async |region: (&str, &str)| {
        root.done(ECS, "DescribeDiskEncryptionByDefaultStatus", &[region]).await["Encrypted"].clone()
    };
    let key = async || root.done(ECS, "DescribeDiskDefaultKMSKeyId", &[REGION]).await["KMSKeyId"].clone();
    let off = (400, "InvalidOperation.DefaultEncryptionAlreadyDisabled".to_owned());
    assert_eq!((is_on(REGION).await, key().await), (json!(false), json!("")));
    for action in [DISABLE, "ResetDiskDefaultKMSKeyId"] {
        assert_eq!(root.code(ECS, action, &[REGION]).await, off, "{action}");
    }
    root.done(ECS, ENABLE, &[REGION]).await;
    let on = (400, "InvalidOperation.DefaultEncryptionAlreadyEnabled".to_owned());
    assert_eq!(root.code(ECS, ENABLE, &[REGION]).await, on);
    let service = root.done("2016-01-20", "DescribeKey", &[("KeyId", "alias/acs/ecs")]).await;
    let service = service["KeyMetadata"]["KeyId"].clone();
    assert_eq!((is_on(REGION).await, key().await), (json!(true), service.clone()));
    assert_eq!(is_on(("RegionId", "cn-shanghai")).await, false);
    // The role by which ECS uses an account's keys is made with the account of an installation, which this one is not.
    let own = root.done("2016-01-20", "CreateKey", &[]).await["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    let refused = root.code(ECS, MODIFY, &[REGION, ("KMSKeyId", &own)]).await;
    assert_eq!(refused, (403, "InvalidParameter.KMSKeyId.KMSUnauthorized".to_owned()));
    root.done(ECS, MODIFY, &[REGION, ("KMSKeyId", "alias/acs/ecs")]).await;
    let nowhere = root.code(ECS, MODIFY, &[REGION, ("KMSKeyId", "alias/nowhere")]).await;
    assert_eq!(nowhere, (404, "InvalidParameter.KMSKeyId.NotFound".to_owned()));
    root.done(ECS, "ResetDiskDefaultKMSKeyId", &[REGION]).await;
    assert_eq!(key().await, service);
    root.done(ECS, DISABLE, &[REGION]).await;
    assert_eq!(is_on(REGION).await, false);
}
