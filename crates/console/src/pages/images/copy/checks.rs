//! What a dry run says: each of its checks, and those that refuse the call.

use serde_json::Value;

use crate::calls::Refusal;
use crate::language::{Language, fill, texts};
use crate::pages::images::PASSED;
use crate::shown::{Chip, text};
use crate::trouble::Trouble;

texts! {
    /// Words for the checks of CopyImage and for what came of them.
    CheckTexts {
        name: "Name and description" | "名称与描述";
        destination: "Destination region" | "目标地域";
        source: "Source image" | "源镜像";
        status: "Status of the source" | "源镜像状态";
        disks: "Disks of the source" | "源镜像磁盘";
        encryption: "Encryption fits the source" | "加密设置与源镜像相符";
        regions: "Copying to this region" | "跨地域复制";
        key: "The key can be used" | "密钥可用";
        size: "Size" | "镜像大小";
        quota: "Number of images" | "镜像数量配额";
        name_is_free: "The name is free" | "名称未被占用";
        balance: "Balance of the account" | "账号余额";
        passed: "passed" | "通过";
        refused: "refused" | "不通过";
        not_run: "not run" | "未检查";
        of_disk: "{} ({})" | "{}（{}）";
    }
}

/// One check: its name, and what came of it.
pub(super) type Check = (String, Chip);

/// The checks that a dry run made, in their order.
pub(super) fn checks(refusal: &Refusal, language: Language) -> Vec<Check> {
    let texts = CheckTexts::of(language);
    listed(refusal).iter().map(|check| (title(check, texts), result(&text(check, "result"), texts))).collect()
}

/// What keeps the call from being carried out; nothing if the dry run passed.
pub(super) fn refusals(refusal: &Refusal, language: Language) -> Vec<Trouble> {
    if refusal.code == PASSED {
        return Vec::new();
    }
    let mut troubles = vec![Trouble::new(refusal, language)];
    // Of those after the first the API tells the code alone.
    for check in listed(refusal).iter().filter(|check| check["result"] == "refused").skip(1) {
        let code = text(check, "code");
        let texts = CheckTexts::of(language);
        let message = title(check, texts);
        let further = Refusal { code, message, denied: None, checks: None, ..refusal.clone() };
        troubles.push(Trouble::new(&further, language));
    }
    troubles
}

fn listed(refusal: &Refusal) -> Vec<Value> {
    let checks = refusal.checks.as_deref().unwrap_or("[]");
    serde_json::from_str(checks).unwrap_or_default()
}

/// What was looked at, and of which disk where it is one that is listed.
fn title(check: &Value, texts: &CheckTexts) -> String {
    let (name, device) = (name(&text(check, "check"), texts), text(check, "device"));
    if device.is_empty() { name } else { fill(texts.of_disk, &[&name, &device]) }
}

/// The words for a check; one that is not known here has the API's.
fn name(check: &str, texts: &CheckTexts) -> String {
    let words = match check {
        "name and description" => texts.name,
        "destination region" => texts.destination,
        "source image" => texts.source,
        "source status" => texts.status,
        "disks of the source" => texts.disks,
        "encryption" => texts.encryption,
        "regions" => texts.regions,
        "key" => texts.key,
        "size" => texts.size,
        "quota" => texts.quota,
        "name is free" => texts.name_is_free,
        "balance" => texts.balance,
        other => other,
    };
    words.to_owned()
}

fn result(result: &str, texts: &CheckTexts) -> Chip {
    let (class, words) = match result {
        "passed" => ("good", texts.passed),
        "refused" => ("bad", texts.refused),
        _ => ("", texts.not_run),
    };
    Chip { class, text: words.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: &str, checks: Option<&str>) -> Refusal {
        Refusal {
            status: 400,
            code: code.to_owned(),
            message: "why".to_owned(),
            request_id: String::new(),
            denied: None,
            checks: checks.map(str::to_owned),
        }
    }

    /// A dry run that passes refuses nothing; one that does not says each reason once, the API's first.
    #[test]
    fn a_dry_run_is_read() {
        let list = r#"[{"check":"name and description","result":"passed"},{"check":"regions","result":"refused","code":"A"},
            {"check":"key","result":"not run"},{"check":"size","result":"refused","code":"SizeExceed.Image"}]"#;
        for (code, list, wanted, count) in [
            (PASSED, Some(r#"[{"check":"size","result":"passed"}]"#), vec![], 1),
            ("A", Some(list), vec!["A", "SizeExceed.Image"], 4),
            ("Forbidden.RAM", None, vec!["Forbidden.RAM"], 0),
            ("A", Some("no list"), vec!["A"], 0),
        ] {
            let answer = answer(code, list);
            for language in [Language::English, Language::Chinese] {
                let codes: Vec<String> = refusals(&answer, language).into_iter().map(|trouble| trouble.code).collect();
                assert_eq!(
                    (codes, checks(&answer, language).len()),
                    (wanted.iter().map(|&code| code.to_owned()).collect(), count)
                );
            }
        }
    }
    /// A check of one disk names it.
    #[test]
    fn checks_of_single_disks_name_them() {
        let list = r#"[{"check":"key","result":"passed"},{"check":"key","device":"/dev/xvdb","result":"passed"}]"#;
        let names = |language| {
            checks(&answer(PASSED, Some(list)), language).into_iter().map(|check| check.0).collect::<Vec<_>>()
        };
        assert_eq!(names(Language::English), ["The key can be used", "The key can be used (/dev/xvdb)"]);
        assert_eq!(names(Language::Chinese), ["密钥可用", "密钥可用（/dev/xvdb）"]);
    }
}
