//! What should be known before it is too late: of keys, and of the root key.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::calls::{Product, Refusal};
use crate::language::{fill, texts};
use crate::pages::own_keys::{KeyNames, described, ids_of};
use crate::shown::{Time, list, number, text};
use crate::visit::Visit;

texts! {
    /// Texts of the warnings.
    WarningTexts {
        key_expires: "What is encrypted under it does not open any more when its material expires:" | "密钥材料即将过期，届时用其加密的数据将无法打开。过期时间：";
        key_pending: "What is encrypted under it is lost when it is deleted:" | "该密钥将被删除，届时用其加密的数据将无法恢复。删除时间：";
        key_no_material: "It has no key material. Until that is imported, nothing is encrypted under it, and nothing opens." | "尚无密钥材料。导入之前，无法用其加密，也无法解密。";
        more_keys: "{} more keys" | "另有 {} 个密钥";
        more_keys_words: "They need attention for the same reason." | "因相同原因需要关注。";
        root: "Root key" | "根密钥";
        root_never: "There is no backup of it. Without it no key of this server works, and no encrypted image opens. On the host of the server, run:" | "根密钥没有备份。一旦丢失，本服务器的所有密钥和加密镜像都将无法打开。请在服务器主机上执行：";
        root_changed: "It was changed after its last backup, which does not fit any more. On the host of the server, run the following again. Last backup:" | "根密钥在上次备份之后已变更，原备份已失效。请在服务器主机上重新执行以下命令。上次备份：";
    }
}

/// What should be known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Warning {
    /// What it is about.
    pub(super) name: String,
    /// Page where it is mended; empty if that is done on the host of the server.
    pub(super) address: String,
    pub(super) words: &'static str,
    /// When it happens, or happened; empty if it is so already.
    pub(super) at: Time,
    /// What to run on the host; empty for what has a page.
    pub(super) command: &'static str,
}

/// Material that expires later is no news yet.
const EXPIRES_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Warnings of one kind that are shown; the rest is in the list of keys.
const SHOWN_MAX: u64 = 20;

/// Filters for the keys that need attention: no key is found by two of them. With each the list of keys that shows them all.
fn doubtful(now: Timestamp) -> [(String, &'static str); 3] {
    let soon = now.saturating_add(EXPIRES_SOON).unwrap_or(now);
    let of = |more: Value| json!([{ "Key": "CreatorType", "Values": ["User"] }, more]).to_string();
    let state = |state| of(json!({ "Key": "KeyState", "Values": [state] }));
    let expiring = json!([
        { "Key": "CreatorType", "Values": ["User"] },
        { "Key": "KeyState", "Values": ["Enabled", "Disabled"] },
        { "Key": "MaterialExpiresUntil", "Values": [soon.to_string()] },
    ]);
    [
        (state("PendingDeletion"), "keys?state=PendingDeletion"),
        (state("PendingImport"), "keys?state=PendingImport"),
        (expiring.to_string(), "keys?origin=EXTERNAL"),
    ]
}

/// What to know of the user's keys of the region.
///
/// Errors: who may not list keys.
pub(super) async fn of_keys(visit: &Visit) -> Result<Vec<Warning>, Refusal> {
    let (texts, now) = (WarningTexts::of(visit.language), visit.shared.clock.now());
    let (mut found, mut more) = (Vec::new(), Vec::new());
    for (filters, all) in doubtful(now) {
        let asked = [("Filters", filters.as_str()), ("PageSize", &SHOWN_MAX.to_string())];
        let answer = visit.call(Product::Kms, "ListKeys", &asked).await?;
        found.extend_from_slice(list(&answer, "Keys", "Key"));
        more.extend(
            number(&answer, "TotalCount").checked_sub(SHOWN_MAX).filter(|more| *more > 0).map(|more| (more, all)),
        );
    }
    let names = KeyNames::of(visit, &visit.region, ids_of(&found)).await;
    let known = described(visit, &visit.region, &found).await;
    let warned = known.iter().filter_map(|(id, key)| Some((id, of_key(key.as_ref()?, now, texts)?)));
    let warning = |(id, (words, at)): (&String, _)| Warning {
        name: names.name(id).to_owned(),
        address: visit.path(format_args!("keys/{id}")),
        words,
        at,
        command: "",
    };
    let others = more.into_iter().map(|(more, all)| Warning {
        name: fill(texts.more_keys, &[&more]),
        address: visit.path(all),
        words: texts.more_keys_words,
        at: Time::default(),
        command: "",
    });
    Ok(warned.map(warning).chain(others).collect())
}

/// What to know of the root key. Who may not ask is not told, and need not be: it is the business of who runs the server.
pub(super) async fn of_root_key(visit: &Visit) -> Result<Option<Warning>, Refusal> {
    match visit.call(Product::Kms, "DescribeRootKey", &[]).await {
        Ok(answer) => Ok(without_backup(&answer, WarningTexts::of(visit.language))),
        Err(refusal) if refusal.http_status() == StatusCode::FORBIDDEN => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// What `KeyMetadata` says that should be known at the time `now`, and when it happens.
fn of_key(key: &Value, now: Timestamp, texts: &WarningTexts) -> Option<(&'static str, Time)> {
    let expires = Time::of(key, "MaterialExpireTime");
    let is_soon = |at: &Time| at.at.parse::<Timestamp>().is_ok_and(|at| at.duration_since(now) <= EXPIRES_SOON);
    match key["KeyState"].as_str() {
        Some("PendingDeletion") => Some((texts.key_pending, Time::of(key, "DeleteDate"))),
        Some("PendingImport") => Some((texts.key_no_material, Time::default())),
        _ if is_soon(&expires) => Some((texts.key_expires, expires)),
        _ => None,
    }
}

/// A key in a token has no backup of ours.
fn without_backup(answer: &Value, texts: &WarningTexts) -> Option<Warning> {
    if answer["BackedUp"] != false || text(answer, "Kind") == "Token" {
        return None;
    }
    let at = Time::of(answer, "LastBackupTime");
    let words = if at.is_empty() { texts.root_never } else { texts.root_changed };
    Some(Warning { name: texts.root.to_owned(), address: String::new(), words, at, command: "reseal root backup FILE" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// A key warns of what is near: of its deletion, of material that is gone or soon will be, and of nothing else.
    #[test]
    fn keys_warn_in_time() {
        let texts = WarningTexts::of(Language::English);
        let now = "2026-11-28T10:00:00Z".parse().unwrap();
        for (state, expires, deleted, wanted) in [
            ("Enabled", "", "", None),
            ("Enabled", "2026-12-28T10:00:00Z", "", Some((texts.key_expires, "2026-12-28T10:00:00Z"))),
            ("Disabled", "2026-11-28T09:00:00Z", "", Some((texts.key_expires, "2026-11-28T09:00:00Z"))),
            ("Enabled", "2026-12-28T10:00:01Z", "", None),
            ("PendingDeletion", "", "2027-11-28T10:00:00Z", Some((texts.key_pending, "2027-11-28T10:00:00Z"))),
            ("PendingImport", "", "", Some((texts.key_no_material, ""))),
        ] {
            let key = json!({ "KeyId": "k", "KeyState": state, "MaterialExpireTime": expires, "DeleteDate": deleted });
            let found = of_key(&key, now, texts).map(|(words, at)| (words, at.at));
            assert_eq!(found, wanted.map(|(words, at): (&str, &str)| (words, at.to_owned())), "{key}");
        }
    }

    /// The root key warns until there is a backup of it, again when it was changed since, and never when it is in a token.
    #[test]
    fn a_root_key_without_backup_warns() {
        let texts = WarningTexts::of(Language::English);
        let time = "2026-11-28T10:00:00Z";
        for (answer, wanted) in [
            (json!({ "Kind": "File", "BackedUp": false }), Some((texts.root_never, ""))),
            (
                json!({ "Kind": "Passphrase", "BackedUp": false, "LastBackupTime": time }),
                Some((texts.root_changed, time)),
            ),
            (json!({ "Kind": "File", "BackedUp": true, "LastBackupTime": time }), None),
            (json!({ "Kind": "Token", "BackedUp": false }), None),
            (json!({}), None),
        ] {
            let found = without_backup(&answer, texts);
            let found = found.as_ref().map(|warning| (warning.words, warning.at.at.as_str()));
            assert_eq!(found, wanted, "{answer}");
        }
    }
}
