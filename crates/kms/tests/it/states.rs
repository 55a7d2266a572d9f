//! The state table of the API, walked through the public calls.

use kms::{Action, IfInUse, KeyRef};

use crate::calls::{Subject, call, fitting_key, imported_key};
use crate::support::{Bench, code};

/// The columns of [`EXPECTED`]; the last one is no state, but a key of a service, which is always enabled.
#[derive(Debug, Clone, Copy)]
enum Column {
    Enabled,
    Disabled,
    PendingDeletion,
    PendingImport,
    ServiceKey,
}

const COLUMNS: [Column; 5] =
    [Column::Enabled, Column::Disabled, Column::PendingDeletion, Column::PendingImport, Column::ServiceKey];

/// Source: `../shared/api/kms.md` 2, with words for the codes: `disabled` is `Rejected.Disabled`, `deletion` and `import` are
/// `Rejected.PendingDeletion` and `Rejected.PendingImport`, `modified` is `Rejected.StateModifiedFailed`, `unsupported` is
/// `UnsupportedOperation`. A service key is symmetric, so the calls of key pairs are unsupported for it; its alias is reserved.
const EXPECTED: &str = "
    Encrypt                         ok       disabled deletion import   ok
    Decrypt                         ok       disabled deletion import   ok
    ReEncryptFrom                   ok       disabled deletion import   ok
    ReEncryptTo                     ok       disabled deletion import   ok
    GenerateDataKey                 ok       disabled deletion import   ok
    GenerateDataKeyWithoutPlaintext ok       disabled deletion import   ok
    ExportDataKey                   ok       disabled deletion import   ok
    GenerateAndExportDataKey        ok       disabled deletion import   ok
    AsymmetricEncrypt               ok       disabled deletion import   unsupported
    AsymmetricDecrypt               ok       disabled deletion import   unsupported
    AsymmetricSign                  ok       disabled deletion import   unsupported
    AsymmetricVerify                ok       disabled deletion import   unsupported
    GetPublicKey                    ok       disabled deletion import   unsupported
    RecordImage                     ok       disabled deletion import   ok
    CreateKeyVersion                ok       disabled deletion import   unsupported
    UpdateRotationPolicy            ok       disabled deletion import   unsupported
    DescribeKey                     ok       ok       ok       ok       ok
    ListKeyVersions                 ok       ok       ok       ok       ok
    DescribeKeyVersion              ok       ok       ok       ok       ok
    ListAliasesByKeyId              ok       ok       ok       ok       ok
    ListResourceTags                ok       ok       ok       ok       ok
    GetKeyPolicy                    ok       ok       ok       ok       ok
    UpdateKeyDescription            ok       ok       deletion ok       unsupported
    TagResource                     ok       ok       deletion ok       ok
    UntagResource                   ok       ok       deletion ok       ok
    SetKeyPolicy                    ok       ok       deletion ok       unsupported
    EnableKey                       ok       ok       modified modified unsupported
    DisableKey                      ok       ok       modified modified unsupported
    SetDeletionProtection           ok       ok       modified ok       unsupported
    ScheduleKeyDeletion             ok       ok       modified ok       unsupported
    CancelKeyDeletion               modified modified ok       modified unsupported
    CreateAlias                     ok       ok       modified ok       unsupported
    UpdateAlias                     ok       ok       deletion ok       unsupported
    DeleteAlias                     ok       ok       ok       ok       reserved
    ImportKeyMaterial               ok       ok       modified ok       unsupported
    GetParametersForImport          ok       ok       ok       ok       unsupported
    DeleteKeyMaterial               ok       ok       ok       ok       unsupported
";

/// Every call on a key in every state has the documented code, and a refused call changes nothing about the key.
#[tokio::test]
async fn every_call_answers_as_documented_in_every_state() {
    let bench = Bench::new().await;
    let lines: Vec<&str> = EXPECTED.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), Action::ALL.len());
    for (line, &action) in lines.iter().zip(Action::ALL) {
        let (name, cells) = line.split_once(' ').unwrap();
        assert_eq!(name, action.to_string());
        for (column, word) in COLUMNS.into_iter().zip(cells.split_whitespace()) {
            let subject = subject(action, column, &bench).await;
            let before = bench.describe(&subject.key).await;
            let found = code(call(action, &subject, &bench.permit, &bench).await);
            assert_eq!(found, code_of(word), "{action} in {column:?}");
            if found != "ok" {
                assert_eq!(bench.describe(&subject.key).await, before, "{action} in {column:?}");
            }
        }
    }
}

async fn subject(action: Action, column: Column, bench: &Bench) -> Subject {
    let Bench { kms, permit, scope, .. } = bench;
    let key = match column {
        Column::ServiceKey => KeyRef::Id(kms.service_key(scope).await.unwrap()),
        Column::PendingImport => imported_key(bench).await,
        _ => fitting_key(action, bench).await,
    };
    let subject = Subject::new(action, key, bench).await;
    let key = &subject.key;
    match column {
        Column::Enabled | Column::ServiceKey => {}
        Column::Disabled => drop(kms.disable_key(key, IfInUse::Refuse, permit, scope).await.unwrap()),
        Column::PendingDeletion => {
            kms.schedule_key_deletion(key, 7, IfInUse::Refuse, permit, scope).await.unwrap();
        }
        Column::PendingImport => kms.delete_key_material(key, permit, scope).await.unwrap(),
    }
    subject
}

fn code_of(word: &str) -> &'static str {
    match word {
        "ok" => "ok",
        "disabled" => "Rejected.Disabled",
        "deletion" => "Rejected.PendingDeletion",
        "import" => "Rejected.PendingImport",
        "modified" => "Rejected.StateModifiedFailed",
        "unsupported" => "UnsupportedOperation",
        "reserved" => "InvalidParameter",
        _ => panic!("{word} is no word of the table"),
    }
}
