//! Keys by the names that people gave them, and the own keys of a region to choose from, where something is encrypted.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use askama::filters::HtmlSafe;
use catalog::KeyId;
use serde_json::Value;

use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::shown::{list, number, text};
use crate::visit::Visit;

texts! {
    /// Words for what a key is, and why it cannot be chosen.
    KeyTexts {
        enabled: "enabled" | "启用中";
        disabled: "disabled" | "已禁用";
        pending_deletion: "will be deleted" | "待删除";
        pending_import: "has no key material" | "待导入密钥材料";
        of_kms: "made by KMS" | "KMS 生成";
        external: "imported material" | "外部导入";
        asymmetric: "cannot encrypt disks" | "不能用于加密磁盘";
        unseen: "you may not see it" | "无权查看";
    }
}

texts! {
    /// Words for what stands in for a list that has not everything in it.
    OtherTexts {
        key: "Or another key: its alias or ID" | "或其他密钥：填写别名或 ID";
        image: "Or another image: its ID" | "或其他镜像：填写镜像 ID";
        key_pair: "Or another key pair: its name" | "或其他密钥对：填写名称";
        policy: "Or another policy: Custom/NAME" | "或其他策略：填写 Custom/名称";
    }
}

/// Own keys that can encrypt, and none of a service.
const OWN: &str = r#"[{"Key":"CreatorType","Values":["User"]},{"Key":"KeyUsage","Values":["ENCRYPT/DECRYPT"]}]"#;

/// Keys to choose from: as many as one call tells of. Who has more types the name or the id of another.
const KEYS_MAX: &str = "100";

/// Keys that one call tells of.
const KEYS_OF_A_CALL: usize = 100;

/// First aliases of keys of a region.
#[derive(Debug, Default)]
pub(in crate::pages) struct KeyNames(BTreeMap<String, String>);

impl KeyNames {
    /// The aliases of these keys that the visitor may see: who may not list them sees ids.
    pub(in crate::pages) async fn of(visit: &Visit, region: &str, ids: impl IntoIterator<Item = String>) -> Self {
        // A key may be named by something else than its id; then it has that name. And what a person types may be no key at all.
        let ids: BTreeSet<String> = ids.into_iter().filter(|id| id.parse::<KeyId>().is_ok()).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let mut names = Vec::new();
        for ids in ids.chunks(KEYS_OF_A_CALL) {
            let asked = [("KeyIds", &*Value::from(ids).to_string()), ("PageSize", KEYS_MAX)];
            let Ok(answer) = visit.call_in(region, Product::Kms, "ListAliases", &asked).await else { break };
            let aliases = list(&answer, "Aliases", "Alias").iter();
            names.extend(aliases.map(|alias| (text(alias, "KeyId"), text(alias, "AliasName"))));
        }
        Self::from_iter(names)
    }

    /// The alias of a key, else its id.
    pub(in crate::pages) fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.alias(id).unwrap_or(id)
    }

    /// The alias of a key, if it has one.
    pub(in crate::pages) fn alias(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }
}

impl FromIterator<(String, String)> for KeyNames {
    /// Ids and aliases. A key with several goes by the first, as on its own page.
    fn from_iter<I: IntoIterator<Item = (String, String)>>(names: I) -> Self {
        let mut first = BTreeMap::new();
        for (id, alias) in names {
            first.entry(id).or_insert(alias);
        }
        Self(first)
    }
}

/// One key of a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct KeyOption {
    /// `KMSKeyId`; empty for what comes of naming none.
    pub(in crate::pages) value: String,
    /// Name, state or what is wrong with it, origin, id.
    pub(in crate::pages) text: String,
    pub(in crate::pages) usable: bool,
}

/// The account's own keys of a region to choose from.
#[derive(Debug, Default)]
pub(in crate::pages) struct OwnKeys {
    pub(in crate::pages) options: Vec<KeyOption>,
    /// Whether there are more than are listed.
    pub(in crate::pages) has_more: bool,
}

impl OwnKeys {
    /// Asks for them. Those that cannot be used say why.
    ///
    /// Errors: who may not list keys.
    pub(in crate::pages) async fn of(visit: &Visit, region: &str) -> Result<Self, Refusal> {
        let texts = KeyTexts::of(visit.language);
        let asked = [("Filters", OWN), ("PageSize", KEYS_MAX)];
        let answer = visit.call_in(region, Product::Kms, "ListKeys", &asked).await?;
        let keys = list(&answer, "Keys", "Key");
        let (names, described) =
            tokio::join!(KeyNames::of(visit, region, ids_of(keys)), described(visit, region, keys));
        Ok(Self {
            options: described.iter().map(|(id, known)| option(id, known.as_ref(), &names, texts)).collect(),
            has_more: number(&answer, "TotalCount") > keys.len() as u64,
        })
    }
}

/// What stands in a `<select>` of keys, shown by `{{ options }}`. What is chosen can be chosen again, although it may be refused once more: a
/// browser does not send a choice that is disabled, and then another key would be taken for it.
#[derive(Debug, Template)]
#[template(path = "key_options.html")]
pub(in crate::pages) struct KeyOptions {
    pub(in crate::pages) all: Vec<KeyOption>,
    pub(in crate::pages) chosen: String,
}

/// Its template escapes.
impl HtmlSafe for KeyOptions {}

impl KeyOptions {
    /// `chosen`: what was chosen or typed before, which is added if `all` has it not; empty for nothing.
    pub(in crate::pages) fn of(mut all: Vec<KeyOption>, chosen: &str) -> Self {
        if !chosen.is_empty() && !all.iter().any(|option| option.value == chosen) {
            all.push(KeyOption { value: chosen.to_owned(), text: chosen.to_owned(), usable: true });
        }
        Self { all, chosen: chosen.to_owned() }
    }
}

/// Ids of keys that ListKeys named.
pub(in crate::pages) fn ids_of(keys: &[Value]) -> Vec<String> {
    keys.iter().map(|key| text(key, "KeyId")).collect()
}

/// The `KeyMetadata` of keys of a page of ListKeys, by their ids: `None` for one that the visitor may not see. One call; only for
/// who may not see all of them each key is asked for by itself.
pub(in crate::pages) async fn described(visit: &Visit, region: &str, keys: &[Value]) -> Vec<(String, Option<Value>)> {
    let ids = ids_of(keys);
    if ids.is_empty() {
        return Vec::new();
    }
    let asked = Value::from(ids.clone()).to_string();
    if let Ok(answer) = visit.call_in(region, Product::Kms, "DescribeKeys", &[("KeyIds", &asked)]).await {
        let known = list(&answer, "Keys", "KeyMetadata").iter().cloned().map(Some);
        return ids.into_iter().zip(known).collect();
    }
    let mut described = Vec::new();
    for id in ids {
        let answer = visit.call_in(region, Product::Kms, "DescribeKey", &[("KeyId", &id)]).await;
        described.push((id, answer.ok().map(|answer| answer["KeyMetadata"].clone())));
    }
    described
}

/// An own key. `known`: what DescribeKey says of it.
fn option(id: &str, known: Option<&Value>, names: &KeyNames, texts: &KeyTexts) -> KeyOption {
    let unusable = |why: &str| (false, why.to_owned());
    let (usable, words) = match known {
        None => unusable(texts.unseen),
        Some(key) if !key["KeySpec"].as_str().is_some_and(|spec| spec.starts_with("Aliyun_")) => {
            unusable(texts.asymmetric)
        }
        Some(key) => {
            let origin = if key["Origin"] == "EXTERNAL" { texts.external } else { texts.of_kms };
            let (usable, state) = state(key["KeyState"].as_str().unwrap_or_default(), texts);
            (usable, format!("{state} · {origin}"))
        }
    };
    // The id comes last: a narrow list cuts the end off.
    let text = names.alias(id).map_or(format!("{id} · {words}"), |alias| format!("{alias} · {words} · {id}"));
    KeyOption { value: id.to_owned(), text, usable }
}

/// Whether a key in this state can be used, and the word for it.
fn state(state: &str, texts: &KeyTexts) -> (bool, &'static str) {
    match state {
        "Enabled" => (true, texts.enabled),
        "PendingDeletion" => (false, texts.pending_deletion),
        "PendingImport" => (false, texts.pending_import),
        _ => (false, texts.disabled),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;

    /// A key with two aliases goes by the first.
    #[test]
    fn the_first_alias_is_the_name() {
        let pairs = [("k-1", "alias/first"), ("k-1", "alias/second"), ("k-2", "alias/other")];
        let names: KeyNames = pairs.map(|(id, alias)| (id.to_owned(), alias.to_owned())).into_iter().collect();
        assert_eq!(["k-1", "k-2", "k-3"].map(|id| names.name(id)), ["alias/first", "alias/other", "k-3"]);
    }

    /// What was chosen is sent again, whatever came of it: also a key that cannot be used by now, and one that is not in the list.
    #[test]
    fn what_is_chosen_stays_chosen() {
        let key = |id: &str, usable| KeyOption { value: id.to_owned(), text: id.to_owned(), usable };
        for (chosen, wanted) in [
            ("k-2", r#"<option value="k-1">|<option value="k-2" selected>|<option value="k-3" disabled>"#),
            (
                "k-9",
                r#"<option value="k-1">|<option value="k-2" disabled>|<option value="k-3" disabled>|<option value="k-9" selected>"#,
            ),
            ("", r#"<option value="k-1">|<option value="k-2" disabled>|<option value="k-3" disabled>"#),
        ] {
            let options = KeyOptions::of(vec![key("k-1", true), key("k-2", false), key("k-3", false)], chosen);
            let html = options.render().unwrap();
            let heads =
                html.split('\n').filter_map(|line| line.split_inclusive('>').next()).filter(|head| !head.is_empty());
            assert_eq!(heads.collect::<Vec<_>>().join("|"), wanted, "{chosen}");
        }
    }

    /// A key can be chosen when it is enabled and symmetric; else the list says why not.
    #[test]
    fn keys_that_cannot_be_used_say_why() {
        let texts = KeyTexts::of(Language::English);
        let names = KeyNames::from_iter([("k-1".to_owned(), "alias/golden".to_owned())]);
        for (state, spec, origin, wanted) in [
            ("Enabled", "Aliyun_AES_256", "Aliyun_KMS", (true, "alias/golden · enabled · made by KMS · k-1")),
            ("Enabled", "Aliyun_SM4", "EXTERNAL", (true, "alias/golden · enabled · imported material · k-1")),
            ("Disabled", "Aliyun_AES_256", "Aliyun_KMS", (false, "alias/golden · disabled · made by KMS · k-1")),
            (
                "PendingDeletion",
                "Aliyun_AES_256",
                "EXTERNAL",
                (false, "alias/golden · will be deleted · imported material · k-1"),
            ),
            (
                "PendingImport",
                "Aliyun_AES_256",
                "EXTERNAL",
                (false, "alias/golden · has no key material · imported material · k-1"),
            ),
            ("Enabled", "RSA_2048", "Aliyun_KMS", (false, "alias/golden · cannot encrypt disks · k-1")),
        ] {
            let key = json!({ "KeyState": state, "KeySpec": spec, "Origin": origin });
            let option = option("k-1", Some(&key), &names, texts);
            assert_eq!((option.usable, option.text.as_str()), wanted);
        }
        let unseen = option("k-9", None, &names, texts);
        assert_eq!((unseen.usable, unseen.text.as_str()), (false, "k-9 · you may not see it"));
    }
}
