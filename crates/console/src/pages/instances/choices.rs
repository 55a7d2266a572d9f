//! What the forms of instances let choose from: images, types, key pairs, and keys for disks.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::shown::{Choice, number, text};
use crate::visit::Visit;

texts! {
    /// Words of the choices.
    ChoiceTexts {
        encrypted: "encrypted" | "已加密";
        enabled: "enabled" | "已启用";
        disabled: "disabled: enable it first" | "已禁用，请先启用";
        pending_deletion: "will be deleted: cancel that first" | "待删除，请先取消删除";
        pending_import: "has no material: import it first" | "没有密钥材料，请先导入";
        not_for_disks: "not for disks: only symmetric keys are" | "不能用于磁盘加密，仅支持对称密钥";
        made_here: "made by KMS" | "KMS 生成";
        imported: "imported" | "外部导入";
    }
}

/// An own key that a disk may be encrypted under, or why it may not.
pub(super) struct KeyChoice {
    pub(super) id: String,
    /// Alias, id, state or what is wrong with it, origin.
    pub(super) shown: String,
    pub(super) is_usable: bool,
}

/// Images that instances can be run from.
pub(super) async fn images(visit: &Visit, chosen: &str) -> Result<Vec<Choice>, Refusal> {
    let texts = ChoiceTexts::of(visit.language);
    let images = visit.all(Product::Ecs, "DescribeImages", &[("Status", "Available")], ("Images", "Image")).await?;
    let choice = |image: &Value| {
        let (id, name) = (text(image, "ImageId"), text(image, "ImageName"));
        let mappings = image["DiskDeviceMappings"]["DiskDeviceMapping"].as_array();
        let is_encrypted = mappings.is_some_and(|disks| disks.iter().any(|disk| disk["Encrypted"] == true));
        let encrypted = if is_encrypted { texts.encrypted } else { "" };
        Choice { text: joined(&[&name, &id, encrypted]), chosen: id == chosen, value: id }
    };
    Ok(images.iter().map(choice).collect())
}

/// Types of instances, as the server offers them.
pub(super) async fn types(visit: &Visit, chosen: &str) -> Result<Vec<Choice>, Refusal> {
    let answer = visit.call(Product::Ecs, "DescribeInstanceTypes", &[]).await?;
    let choice = |kind: &Value| {
        let id = text(kind, "InstanceTypeId");
        let size = format!("{} vCPU, {} GiB", number(kind, "CpuCoreCount"), text(kind, "MemorySize").trim_end_matches(".0"));
        Choice { text: joined(&[&id, &size]), chosen: id == chosen, value: id }
    };
    Ok(crate::shown::list(&answer, "InstanceTypes", "InstanceType").iter().map(choice).collect())
}

/// Names of key pairs. Who may not list them chooses none.
pub(super) async fn key_pairs(visit: &Visit, chosen: &str) -> Vec<Choice> {
    let pairs = visit.all(Product::Ecs, "DescribeKeyPairs", &[], ("KeyPairs", "KeyPair")).await.unwrap_or_default();
    let names = pairs.iter().map(|pair| text(pair, "KeyPairName"));
    names.map(|name| Choice { text: name.clone(), chosen: name == chosen, value: name }).collect()
}

/// The own keys of the region. Whoever may not list them still has the service key.
pub(super) async fn keys(visit: &Visit) -> Result<Vec<KeyChoice>, Refusal> {
    let own = json!([{ "Key": "CreatorType", "Values": ["User"] }]).to_string();
    let keys = visit.all(Product::Kms, "ListKeys", &[("Filters", &own)], ("Keys", "Key")).await?;
    let aliases = visit.all(Product::Kms, "ListAliases", &[], ("Aliases", "Alias")).await.unwrap_or_default();
    let names: BTreeMap<String, String> =
        aliases.iter().map(|alias| (text(alias, "KeyId"), text(alias, "AliasName"))).collect();
    let mut choices = Vec::with_capacity(keys.len());
    for key in keys {
        let id = text(&key, "KeyId");
        let described = visit.call(Product::Kms, "DescribeKey", &[("KeyId", &id)]).await?;
        choices.push(key_choice(&described["KeyMetadata"], names.get(&id), ChoiceTexts::of(visit.language)));
    }
    Ok(choices)
}

fn key_choice(key: &Value, alias: Option<&String>, texts: &ChoiceTexts) -> KeyChoice {
    let id = text(key, "KeyId");
    let symmetric = matches!(key["KeySpec"].as_str(), Some("Aliyun_AES_256" | "Aliyun_SM4"));
    let state = match key["KeyState"].as_str() {
        _ if !symmetric => texts.not_for_disks,
        Some("Enabled") => texts.enabled,
        Some("PendingDeletion") => texts.pending_deletion,
        Some("PendingImport") => texts.pending_import,
        _ => texts.disabled,
    };
    let origin = if key["Origin"] == "EXTERNAL" { texts.imported } else { texts.made_here };
    let shown = joined(&[alias.map_or("", String::as_str), &id, state, origin]);
    KeyChoice { id, shown, is_usable: symmetric && key["KeyState"] == "Enabled" }
}

/// Parts of a choice, without those that are empty.
fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    /// Only an enabled symmetric key can be chosen; any other says why not.
    #[test]
    fn a_key_that_cannot_be_chosen_says_why() {
        for (state, spec, usable, word) in [
            ("Enabled", "Aliyun_AES_256", true, "enabled"),
            ("Disabled", "Aliyun_AES_256", false, "enable it first"),
            ("PendingDeletion", "Aliyun_AES_256", false, "cancel that first"),
            ("PendingImport", "Aliyun_AES_256", false, "import it first"),
            ("Enabled", "RSA_2048", false, "not for disks"),
            ("Enabled", "Aliyun_SM4", true, "enabled"),
        ] {
            let key = json!({ "KeyId": "k", "KeyState": state, "KeySpec": spec, "Origin": "Aliyun_KMS" });
            let choice = key_choice(&key, None, ChoiceTexts::of(Language::English));
            assert_eq!(choice.is_usable, usable, "{state} {spec}");
            assert!(choice.shown.starts_with("k · ") && choice.shown.contains(word), "{}", choice.shown);
        }
    }
}
