//! An account has no KMS before it asks for it.

use crate::backend::Backend;
use crate::story::Story;

#[tokio::test]
async fn kms_is_opened_once() {
    let story = Story::begin_with(Backend::without_kms().await).await;
    assert_eq!(story.ok("DescribeAccountKmsStatus", &[]).await["AccountStatus"], "NotEnabled");
    for action in ["CreateKey", "ListKeys"] {
        let (status, code, message) = story.refused(action, &[]).await;
        assert_eq!((status, code.as_str()), (403, "Forbidden.KmsServiceNotEnabled"));
        assert!(message.contains("OpenKmsService"), "{message}");
    }
    assert_eq!(story.ok("DescribeRegions", &[]).await["Regions"]["Region"][1]["RegionId"], "cn-shanghai");
    story.ok("OpenKmsService", &[]).await;
    assert_eq!(story.ok("DescribeAccountKmsStatus", &[]).await["AccountStatus"], "Enabled");
    let (status, code, _) = story.refused("OpenKmsService", &[]).await;
    assert_eq!((status, code.as_str()), (400, "Forbidden.Opened"));
    story.key_id().await;
}
