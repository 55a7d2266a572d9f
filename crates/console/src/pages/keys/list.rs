//! The keys of a region.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::key::{Key, KeyWords};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::pages::own_keys::{KeyNames, KeyTexts, described};
use crate::paging::{Paging, page_number};
use crate::shell::{Section, Shell};
use crate::shown::{Choice, choices, list as entries, number};
use crate::trouble::Trouble;
use crate::visit::{Posted, Visit};

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

/// Keys of a page. Each is asked for by itself, and each call counts.
const SIZE: u64 = 20;

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
    states: Vec<Choice>,
    origins: Vec<Choice>,
    owners: Vec<Choice>,
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

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    origin: String,
    owner: String,
    page: String,
}

pub(super) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    match look(&visit, &asked).await {
        Err(refusal) if refusal.code == NOT_OPENED => visit.show(Section::Keys, Ok(closed(&visit, None))),
        page => visit.show(Section::Keys, page),
    }
}

/// `OpenKmsService`, by one click. An account that has it meanwhile is as well served.
pub(super) async fn open_service(posted: Posted) -> Response {
    let visit = posted.visit;
    match visit.call(Product::Kms, "OpenKmsService", &[]).await {
        Err(refusal) if refusal.code != "Forbidden.Opened" => {
            let page = closed(&visit, Some(Trouble::new(&refusal, visit.language)));
            visit.show(Section::Keys, Ok(page))
        }
        _ => visit.go("keys"),
    }
}

fn closed(visit: &Visit, trouble: Option<Trouble>) -> ClosedPage {
    ClosedPage { shell: visit.shell(Section::Keys), texts: ListTexts::of(visit.language), trouble }
}

async fn look(visit: &Visit, asked: &Asked) -> Result<ListPage, Refusal> {
    let page = page_number(&asked.page);
    let (number_text, size_text, filters) = (page.to_string(), SIZE.to_string(), filters(asked));
    let parameters = [("PageNumber", &*number_text), ("PageSize", &*size_text), ("Filters", &*filters)];
    let answer = visit.call(Product::Kms, "ListKeys", &parameters).await?;
    let found = entries(&answer, "Keys", "Key");
    let names = if found.is_empty() { KeyNames::default() } else { KeyNames::of(visit, &visit.region).await };
    let row = |(id, known): (String, Option<Value>)| Row {
        alias: names.alias(&id).map(str::to_owned),
        key: known.map(|known| Key::of(&known, visit.language)),
        id,
    };
    let rows = described(visit, &visit.region, found).await.into_iter().map(row).collect();
    let (texts, words) = (ListTexts::of(visit.language), KeyWords::of(visit.language));
    let query = [("state", asked.state.as_str()), ("origin", &asked.origin), ("owner", &asked.owner)];
    Ok(ListPage {
        shell: visit.shell(Section::Keys),
        rows,
        unseen: KeyTexts::of(visit.language).unseen,
        states: states(texts, words, &asked.state),
        origins: choices(
            [("", texts.any), ("Aliyun_KMS", words.made_here), ("EXTERNAL", words.imported)],
            &asked.origin,
        ),
        owners: choices([("", texts.any), ("User", texts.own), ("Service", words.service_key)], &asked.owner),
        is_filtered: query.iter().any(|(_, value)| !value.is_empty()),
        paging: Paging::numbered(
            visit.language,
            (&visit.path("keys"), &query),
            ("page", page),
            SIZE,
            number(&answer, "TotalCount"),
        ),
        texts,
        words,
    })
}

fn states(texts: &ListTexts, words: &KeyWords, chosen: &str) -> Vec<Choice> {
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
fn filters(asked: &Asked) -> String {
    let all = [("KeyState", &asked.state), ("Origin", &asked.origin), ("CreatorType", &asked.owner)];
    let given = all.into_iter().filter(|(_, value)| !value.is_empty());
    let filters: Vec<Value> = given.map(|(key, value)| json!({ "Key": key, "Values": [value] })).collect();
    Value::from(filters).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only what was chosen is filtered by, and whatever the address says stays one value.
    #[test]
    fn filters_say_what_was_chosen() {
        assert_eq!(filters(&Asked::default()), "[]");
        let asked = Asked { state: "Enabled".to_owned(), owner: "\"x".to_owned(), ..Asked::default() };
        let wanted = r#"[{"Key":"KeyState","Values":["Enabled"]},{"Key":"CreatorType","Values":["\"x"]}]"#;
        assert_eq!(filters(&asked), wanted);
    }
}
