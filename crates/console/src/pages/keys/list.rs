//! The keys of a region.

use askama::Template;
use axum::response::Response;
use serde_json::{Value, json};

use super::key::{Key, KeyWords};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::pages::own_keys::{KeyNames, KeyTexts, described, ids_of};
use crate::paging::{Numbered, Paging, WHOLE_PAGE};
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, list as entries};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the list.
    ListTexts {
        title: "Keys" | "密钥";
        about: "Keys of the key management service in this region. Images, disks and instances are encrypted under them." | "本地域密钥管理服务（KMS）中的用户主密钥，用于加密镜像、磁盘和实例。";
        create: "Create a key" | "创建密钥";
        key: "Key" | "密钥";
        state: "State" | "状态";
        spec: "Spec" | "规格";
        origin: "Origin" | "密钥材料来源";
        rotation: "Rotation" | "自动轮转";
        created: "Created" | "创建时间";
        any: "Any" | "全部";
        owner: "Owner" | "类型";
        own: "Own keys" | "自有密钥";
        filter: "Filter" | "筛选";
        empty: "There is no key here yet" | "暂无密钥";
        empty_hint: "Copy an image with encryption to use the service key, which is made by itself and costs nothing, or create a key of your own." | "以加密方式复制镜像时会自动使用免费的服务密钥，您也可以创建自己的密钥。";
        none_found: "No key has these properties" | "没有符合条件的密钥";
        none_found_hint: "Choose other filters." | "请更换筛选条件。";
        open_first: "This account does not use the key management service yet" | "本账号尚未开通密钥管理服务";
        open_hint: "Keys, and everything encrypted under them, need it. It is opened once, in all regions." | "密钥以及所有加密功能都依赖该服务。只需开通一次，对所有地域生效。";
        open: "Open the service" | "立即开通";
    }
}

/// Answered when the account has no KMS.
const NOT_OPENED: &str = "Forbidden.KmsServiceNotEnabled";

#[derive(Template)]
#[template(path = "keys/list.html")]
struct ListPage {
    shell: Shell,
    texts: &'static ListTexts,
    words: &'static KeyWords,
    /// For a key that the visitor may not see.
    unseen: &'static str,
    rows: Vec<Row>,
    states: Options,
    origins: Options,
    owners: Options,
    is_filtered: bool,
    paging: Paging,
}

struct Row {
    id: String,
    alias: Option<String>,
    /// `None` if the visitor may not see it.
    key: Option<Key>,
}

#[derive(Template)]
#[template(path = "keys/closed.html")]
struct ClosedPage {
    shell: Shell,
    texts: &'static ListTexts,
    trouble: Option<Trouble>,
}

/// What is filtered by: names in the address, and keys of `Filters`.
const FILTERS: [(&str, &str); 3] = [("state", "KeyState"), ("origin", "Origin"), ("owner", "CreatorType")];

pub(super) async fn list(visit: Visit) -> Response {
    match look(&visit).await {
        Err(refusal) if refusal.code == NOT_OPENED => visit.show(Section::Keys, Ok(closed(&visit, None))),
        page => visit.show(Section::Keys, page),
    }
}

/// `OpenKmsService`, by one click. An account that has it meanwhile is as well served.
pub(super) async fn open_service(posted: Posted) -> Response {
    let visit = posted.visit;
    match visit.call(Product::Kms, "OpenKmsService", &[]).await {
        Err(refusal) if refusal.code != "Forbidden.Opened" => {
            let page = closed(&visit, Some(visit.told(&refusal)));
            visit.show(Section::Keys, Ok(page))
        }
        _ => visit.go("keys"),
    }
}

fn closed(visit: &Visit, trouble: Option<Trouble>) -> ClosedPage {
    ClosedPage { shell: visit.shell(Section::Keys), texts: ListTexts::of(visit.language), trouble }
}

async fn look(visit: &Visit) -> Result<ListPage, Refusal> {
    let (asked, page) = (visit.query(), Numbered::asked(visit, WHOLE_PAGE));
    let part = page.call(visit, Product::Kms, "ListKeys", &[("Filters", &filters(&asked))]).await?;
    let found = entries(&part.answer, "Keys", "Key");
    let (names, described) =
        tokio::join!(KeyNames::of(visit, &visit.region, ids_of(found)), described(visit, &visit.region, found));
    let row = |(id, known): (String, Option<Value>)| Row {
        alias: names.alias(&id).map(str::to_owned),
        key: known.map(|known| Key::of(&known, visit.language)),
        id,
    };
    let rows = described.into_iter().map(row).collect();
    let (texts, words) = (ListTexts::of(visit.language), KeyWords::of(visit.language));
    let query = asked.given(&FILTERS.map(|(name, _)| name));
    let origins = [("", texts.any), ("Aliyun_KMS", words.made_here), ("EXTERNAL", words.imported)];
    let owners = [("", texts.any), ("User", texts.own), ("Service", words.service_key)];
    Ok(ListPage {
        shell: visit.shell(Section::Keys),
        rows,
        unseen: KeyTexts::of(visit.language).unseen,
        states: states(texts, words, asked.get("state")),
        origins: choices(origins, asked.get("origin")),
        owners: choices(owners, asked.get("owner")),
        is_filtered: !query.is_empty(),
        paging: part.line(visit, texts.title, ("keys", &query)),
        texts,
        words,
    })
}

fn states(texts: &ListTexts, words: &KeyWords, chosen: &str) -> Options {
    let all = [
        ("", texts.any),
        ("Enabled", words.enabled),
        ("Disabled", words.disabled),
        ("PendingImport", words.pending_import),
        ("PendingDeletion", words.pending_deletion),
    ];
    choices(all, chosen)
}

/// `Filters` of what the address says.
fn filters(asked: &Fields) -> String {
    let given = FILTERS.into_iter().map(|(name, key)| (key, asked.get(name))).filter(|(_, value)| !value.is_empty());
    let filters: Vec<Value> = given.map(|(key, value)| json!({ "Key": key, "Values": [value] })).collect();
    Value::from(filters).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what was chosen is filtered by, and whatever the address says stays one value.
    #[test]
    fn filters_say_what_was_chosen() {
        assert_eq!(filters(&Fields::default()), "[]");
        let asked = Fields::read(b"state=Enabled&owner=%22x&page=2").unwrap();
        let wanted = r#"[{"Key":"KeyState","Values":["Enabled"]},{"Key":"CreatorType","Values":["\"x"]}]"#;
        assert_eq!(filters(&asked), wanted);
    }
}
