//! Which keys a list shows.

use kms::{IfInUse, KeyFilter, KeyId, KeySpec, KeyState, KeyUsage, PageRequest};

use crate::support::{Bench, id_of};

/// Each filter shows the keys that have one of its values; several must all agree; a value that no key has shows none.
#[tokio::test]
async fn a_list_shows_what_its_filters_ask_for() {
    let bench = Bench::new().await;
    let (kms, permit, scope) = (&bench.kms, &bench.permit, &bench.scope);
    let plain = id_of(&bench.key().await);
    let disabled = bench.key().await;
    kms.disable_key(&disabled, IfInUse::Refuse, permit, scope).await.unwrap();
    let disabled = id_of(&disabled);
    let waiting = id_of(&bench.external_key(KeySpec::Sm4).await);
    let pair = id_of(&bench.pair(KeySpec::EcP256, KeyUsage::SignVerify).await);
    let service = kms.service_key(scope).await.unwrap();

    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<String>>();
    let all = KeyFilter::default();
    let cases = [
        (all.clone(), vec![plain, disabled, waiting, pair, service]),
        (KeyFilter { states: vec![KeyState::Disabled], ..all.clone() }, vec![disabled]),
        (
            KeyFilter { states: vec![KeyState::Disabled, KeyState::PendingImport], ..all.clone() },
            vec![disabled, waiting],
        ),
        (KeyFilter { specs: texts(&["Aliyun_SM4", "EC_P256"]), ..all.clone() }, vec![waiting, pair]),
        (KeyFilter { usages: texts(&["SIGN/VERIFY"]), ..all.clone() }, vec![pair]),
        (KeyFilter { origins: texts(&["EXTERNAL"]), ..all.clone() }, vec![waiting]),
        (KeyFilter { creators: texts(&["ecs"]), ..all.clone() }, vec![service]),
        (KeyFilter { protection_levels: texts(&["HSM"]), ..all.clone() }, vec![]),
        (KeyFilter { specs: texts(&["aliyun_sm4"]), ..all.clone() }, vec![]),
        (KeyFilter { origins: texts(&["EXTERNAL"]), usages: texts(&["SIGN/VERIFY"]), ..all.clone() }, vec![]),
    ];
    for (filter, mut expected) in cases {
        let listed = kms.list_keys(&filter, PageRequest::first(), permit, scope).await.unwrap();
        assert_eq!(listed.total_count, expected.len() as u64, "{filter:?}");
        let mut found: Vec<KeyId> = listed.items.iter().map(|key| key.id).collect();
        // They were all made in the same moment.
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter:?}");
    }
}
