//! One key: what it is, what uses it, and what can be done to it.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::Value;

use super::key::{Key, KeyWords};
use super::usage::Usage;
use crate::calls::{Product, Refusal};
use crate::form::Fields;
use crate::language::{fill, texts};
use crate::pages::own_keys::KeyNames;
use crate::paging::{Numbered, Paging};
use crate::shell::{Section, Shell};
use crate::shown::{Time, list, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the page.
    DetailTexts {
        keys: "Keys" | "密钥";
        facts: "Details" | "基本信息";
        spec: "Spec" | "规格";
        usage: "Usage" | "用途";
        origin: "Key material" | "密钥材料来源";
        created: "Created" | "创建时间";
        deleted: "Will be deleted" | "计划删除时间";
        expires: "Material expires" | "密钥材料过期时间";
        primary: "Primary version" | "主版本";
        rotation: "Rotation" | "自动轮转";
        rotated: "Last rotation" | "上次轮转";
        next_rotation: "Next rotation" | "下次轮转";
        protection: "Deletion protection" | "删除保护";
        protected: "On" | "已开启";
        unprotected: "Off" | "未开启";
        description: "Description" | "描述";
        save: "Save" | "保存";
        service_note: "This key belongs to the service. It costs nothing, and it cannot be disabled, deleted or changed." | "该密钥为云服务托管的服务密钥，免费使用，不可禁用、删除或修改。";
        pending_note: "What is encrypted under this key is lost when it is deleted:" | "该密钥将被删除，届时用其加密的数据将无法恢复。删除时间：";
        no_material_note: "This key has no material. Until that is imported, nothing is encrypted under it, and nothing opens." | "该密钥没有密钥材料。导入之前，无法用其加密，也无法解密。";
        alias_refused: "The key was made, but its alias was not: {}. Add one below." | "密钥已创建，但别名未能创建：{}。请在下方重新添加。";
        used_by: "What uses this key" | "使用该密钥的资源";
        aliases: "Aliases" | "别名";
        no_aliases: "This key has no alias." | "该密钥没有别名。";
        alias: "Alias" | "别名";
        add: "Add" | "添加";
        remove: "Remove" | "移除";
        tags: "Tags" | "标签";
        no_tags: "This key has no tag." | "该密钥没有标签。";
        tag_key: "Tag key" | "标签键";
        tag_value: "Tag value" | "标签值";
        versions: "Versions" | "密钥版本";
        version: "Version" | "版本";
        is_primary: "Primary" | "主版本";
        rotate_now: "Rotate now" | "立即轮转";
        rotate_hint: "Makes a new version, which is used from then on. What was encrypted before still opens." | "生成新版本，此后的加密使用新版本；此前加密的数据仍可解密。";
        state: "State" | "状态";
        enable: "Enable" | "启用";
        disable: "Disable…" | "禁用…";
        protect: "Protect from deletion" | "开启删除保护";
        unprotect: "Remove the protection" | "关闭删除保护";
        protect_reason: "Reason" | "保护原因";
        delete: "Schedule deletion…" | "计划删除…";
        cancel_deletion: "Cancel the deletion" | "取消计划删除";
        material: "Key material" | "密钥材料";
        import: "Import key material" | "导入密钥材料";
        import_again: "Import again" | "重新导入";
        import_hint: "After the first import a key takes the same material only; a new expiry may be set." | "首次导入后，只能重新导入相同的密钥材料，可设置新的过期时间。";
        delete_material: "Delete the material…" | "删除密钥材料…";
        never: "Never" | "永不过期";
        turn_on: "Turn on" | "开启";
        turn_off: "Turn off" | "关闭";
        days: "Days between rotations (7 to 730)" | "轮转周期（天，7 至 730）";
        change: "Change" | "修改";
        who_may: "Who can use this key" | "谁可以使用该密钥";
    }
}

#[derive(Template)]
#[template(path = "keys/detail.html")]
struct DetailPage {
    shell: Shell,
    texts: &'static DetailTexts,
    words: &'static KeyWords,
    key: Key,
    title: String,
    trouble: Option<Trouble>,
    alias_refused: Option<String>,
    refused: Option<Refused>,
    /// Of the form that rotates the key.
    token: String,
    usage: Result<Usage, Trouble>,
    aliases: Result<Aliases, Trouble>,
    tags: Result<Vec<(String, String)>, Trouble>,
    versions: Result<Versions, Trouble>,
}

/// A form of the page that was refused: shown again with what was typed.
pub(super) struct Refused {
    /// The last part of its address.
    pub(super) form: String,
    pub(super) fields: Fields,
}

impl DetailPage {
    /// What was typed into a form that was refused, else `stored`.
    fn typed<'a>(&'a self, form: &str, name: &str, stored: &'a str) -> &'a str {
        match &self.refused {
            Some(refused) if refused.form == form => refused.fields.get(name),
            _ => stored,
        }
    }

    /// Days between rotations: what is proposed to a key that does not rotate is a year.
    fn rotation_days(&self) -> String {
        let stored = if self.key.rotates { self.key.rotation_days } else { 365 };
        self.typed("rotation-on", "RotationDays", &stored.to_string()).to_owned()
    }
}

/// Names of a key.
struct Aliases {
    names: Vec<String>,
    paging: Paging,
}

/// Versions of a key, the newest first.
struct Versions {
    shown: Vec<Version>,
    paging: Paging,
}

struct Version {
    id: String,
    created: Time,
    is_primary: bool,
}

pub(super) async fn detail(visit: Visit, Path((_, id)): Path<(String, String)>) -> Response {
    match look(&visit, &id, None).await {
        // An alias or ARN leads to the key's own address.
        Ok(page) if page.key.id != id => {
            Redirect::to(&visit.path(format_args!("keys/{}", page.key.id))).into_response()
        }
        page => visit.show(Section::Keys, page),
    }
}

/// The page of a key with what stood in the way of a change.
pub(super) async fn with_trouble(visit: &Visit, id: &str, refusal: &Refusal, refused: Refused) -> Response {
    let page = look(visit, id, Some(visit.told(refusal))).await;
    visit.answer(Section::Keys, page.map(|page| DetailPage { refused: Some(refused), ..page }), Some(refusal))
}

/// The facts of a key.
pub(super) async fn describe(visit: &Visit, id: &str) -> Result<Key, Refusal> {
    let answer = visit.call(Product::Kms, "DescribeKey", &[("KeyId", id)]).await?;
    Ok(Key::of(&answer["KeyMetadata"], visit.language))
}

/// A part that is refused is shown as refused: the rest of the page is as useful without it.
async fn look(visit: &Visit, id: &str, trouble: Option<Trouble>) -> Result<DetailPage, Refusal> {
    let texts = DetailTexts::of(visit.language);
    let key = describe(visit, id).await?;
    let told = |refusal: Refusal| visit.told(&refusal);
    let here = format!("keys/{}", key.id);
    // At once: each call is written down before it is answered, and what is written down together costs one flush.
    let (names, aliases, tags, versions, usage) = tokio::join!(
        KeyNames::of(visit, &visit.region, [key.id.clone()]),
        aliases(visit, &key.id, &here),
        tags(visit, &key.id),
        versions(visit, &key, &here),
        Usage::look(visit, &key.id, here.clone()),
    );
    let title = names.name(&key.id).to_owned();
    let query = visit.query();
    let code = Some(query.get("alias_refused")).filter(|code| is_code(code));
    Ok(DetailPage {
        shell: visit.shell(Section::Keys),
        words: KeyWords::of(visit.language),
        title,
        trouble,
        refused: None,
        token: visit.form_token(&Fields::default()),
        alias_refused: code.map(|code| fill(texts.alias_refused, &[&code])),
        aliases: aliases.map_err(told),
        tags: tags.map_err(told),
        versions: versions.map_err(told),
        usage: usage.map_err(told),
        key,
        texts,
    })
}

/// Whether text of an address is a code of the API, and nothing that somebody else would have the page say.
fn is_code(text: &str) -> bool {
    let is_code = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    (1..=64).contains(&text.len()) && text.bytes().all(is_code)
}

async fn aliases(visit: &Visit, id: &str, here: &str) -> Result<Aliases, Refusal> {
    let page = Numbered::asked(visit, "alias_page");
    let part = page.call(visit, Product::Kms, "ListAliasesByKeyId", &[("KeyId", id)]).await?;
    let names = list(&part.answer, "Aliases", "Alias").iter().map(|alias| text(alias, "AliasName")).collect();
    let label = DetailTexts::of(visit.language).aliases;
    Ok(Aliases { names, paging: part.line(visit, label, (here, &[])) })
}

async fn tags(visit: &Visit, id: &str) -> Result<Vec<(String, String)>, Refusal> {
    let answer = visit.call(Product::Kms, "ListResourceTags", &[("KeyId", id)]).await?;
    let pair = |tag: &Value| (text(tag, "TagKey"), text(tag, "TagValue"));
    Ok(list(&answer, "Tags", "Tag").iter().map(pair).collect())
}

/// The API lists versions from the oldest on, and people read them from the newest on: the last page of the API is the first here.
async fn versions(visit: &Visit, key: &Key, here: &str) -> Result<Versions, Refusal> {
    let of_key = [("KeyId", key.id.as_str())];
    let total = visit.count(Product::Kms, "ListKeyVersions", &of_key).await?;
    let page = Numbered::asked(visit, "version_page").within(total);
    let part = page.counted_back(total).call(visit, Product::Kms, "ListKeyVersions", &of_key).await?;
    let version = |version: &Value| {
        let id = text(version, "KeyVersionId");
        Version { is_primary: id == key.primary_version, created: Time::of(version, "CreationDate"), id }
    };
    let shown = list(&part.answer, "KeyVersions", "KeyVersion").iter().rev().map(version).collect();
    let label = DetailTexts::of(visit.language).versions;
    Ok(Versions { shown, paging: page.line(visit, label, (here, &[]), total) })
}
