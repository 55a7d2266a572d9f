//! Images under a key.

use kms::{IfInUse, KeyState, PageRequest};

use crate::support::{Bench, context, sealed_image};

/// R10: a key that was disabled while a copy held its data key gets no image.
#[tokio::test]
async fn an_image_is_not_recorded_under_a_key_that_was_disabled_meanwhile() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let wrapped =
        bench.kms.generate_data_key(&key, &context(&[]), 32, &bench.permit, &bench.scope).await.unwrap().ciphertext;
    bench.kms.disable_key(&key, IfInUse::Refuse, &bench.permit, &bench.scope).await.unwrap();
    let error = bench
        .kms
        .record_image(&sealed_image(&wrapped, "/images/a.qcow2"), &bench.permit, &bench.scope)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "Rejected.Disabled");
    assert_eq!(
        bench.kms.key_usage(&key, PageRequest::first(), &bench.permit, &bench.scope).await.unwrap().total_count,
        0
    );
}

/// R24: a key that protects images is not disabled or destroyed unless forced, and the refusal lists them.
#[tokio::test]
async fn a_key_in_use_is_guarded() {
    let bench = Bench::new().await;
    let key = bench.key().await;
    let wrapped =
        bench.kms.generate_data_key(&key, &context(&[]), 32, &bench.permit, &bench.scope).await.unwrap().ciphertext;
    for path in ["/images/a.qcow2", "/images/b.qcow2", "/images/a.qcow2"] {
        bench.kms.record_image(&sealed_image(&wrapped, path), &bench.permit, &bench.scope).await.unwrap();
    }
    for refused in [
        bench.kms.schedule_key_deletion(&key, 7, IfInUse::Refuse, &bench.permit, &bench.scope).await,
        bench.kms.disable_key(&key, IfInUse::Refuse, &bench.permit, &bench.scope).await,
    ] {
        let error = refused.unwrap_err();
        assert!(matches!(error, kms::KmsError::KeyInUse { total_count: 2, .. }), "{error}");
        assert!(error.to_string().ends_with("/images/b.qcow2, /images/a.qcow2"), "{error}");
    }
    assert_eq!(bench.kms.describe_key(&key, &bench.permit, &bench.scope).await.unwrap().state, KeyState::Enabled);
    let forced = bench.kms.schedule_key_deletion(&key, 7, IfInUse::Proceed, &bench.permit, &bench.scope).await.unwrap();
    assert_eq!(forced.state, KeyState::PendingDeletion);
    // A file that lost its envelope is still found.
    let found = bench.kms.images_by_luks_uuid("luks-uuid").await.unwrap();
    assert_eq!(
        found.iter().map(|record| record.image.path.as_str()).collect::<Vec<_>>(),
        ["/images/a.qcow2", "/images/b.qcow2"]
    );
}
