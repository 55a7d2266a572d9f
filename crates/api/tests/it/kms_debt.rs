//! What an account that has spent its balance gets, and what it does not.

use api::Keys;

use crate::kms_permissions::{Samples, rows};
use crate::memory::ACCOUNT;
use crate::story::{ROOT, Story};

/// The calls that make something new.
const REFUSED: [&str; 9] = [
    "AsymmetricEncrypt",
    "AsymmetricSign",
    "CreateKey",
    "CreateKeyVersion",
    "Encrypt",
    "GenerateAndExportDataKey",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncrypt",
];

/// Shows row by row that nothing new is made in debt, that all else goes on, what is sealed opens above all, and that a balance ends it.
#[tokio::test]
async fn an_account_in_debt_gets_nothing_new_and_opens_what_it_has() {
    let story = Story::begin().await;
    let samples = Samples::make(&story).await;
    assert_eq!(story.ok("DescribeAccountKmsStatus", &[]).await["AccountStatus"], "Enabled");
    set_balance(&story, Some(0)).await;
    assert_eq!(story.ok("DescribeAccountKmsStatus", &[]).await["AccountStatus"], "InDebt");
    for action in rows() {
        let call = samples.of(action);
        let call: Vec<(&str, &str)> = call.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = story.call(ROOT, action, &call).await;
        let is_refused = answer.status == 403 && answer.body.contains("Forbidden.InDebt");
        assert_eq!(is_refused, REFUSED.contains(&action), "{action}: {}", answer.body);
        let must_work =
            ["Decrypt", "ExportDataKey", "DescribeKey", "ListKeys", "ScheduleKeyDeletion"].contains(&action);
        assert!(!must_work || answer.status == 200, "{action}: {}", answer.body);
    }
    let (_, _, message) = story.refused("CreateKey", &[]).await;
    assert!(message.contains(ACCOUNT), "{message}");
    set_balance(&story, Some(1_000_000)).await;
    story.key_id().await;
}

async fn set_balance(story: &Story, micros: Option<i64>) {
    let kms = story.running.services.kms();
    kms.set_balance(&ACCOUNT.parse().expect("an account"), micros).await.expect("a balance");
}
