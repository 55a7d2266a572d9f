//! The audit: who did what, and whether its chain is whole.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::Value;

use crate::calls::Product;
use crate::language::{fill, texts};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Choice, Time, choices, list, number, text};
use crate::trouble::Trouble;
use crate::visit::{Posted, Visit, form_urlencoded, rendered};

texts! {
    /// Texts of the pages.
    AuditTexts {
        title: "Audit" | "操作审计";
        about: "Every call of this account, in the console and by programs, also refused ones. Records are chained: none can be changed or removed unseen." | "本账号的所有操作（控制台与程序调用，含被拒绝的操作）。记录以哈希链相连，修改或删除均可被发现。";
        from: "From (UTC)" | "开始时间（UTC）";
        until: "Until (UTC)" | "结束时间（UTC）";
        principal: "Who" | "操作者";
        principal_hint: "root, user/name, or an ARN" | "root、user/用户名 或 ARN";
        service: "Service" | "云服务";
        action: "Action" | "操作";
        key: "Key ID" | "密钥 ID";
        outcome: "Outcome" | "结果";
        any: "Any" | "全部";
        succeeded: "Done" | "成功";
        failed: "Refused or failed" | "被拒绝或失败";
        code: "Error code" | "错误码";
        search: "Search" | "查询";
        clear: "Clear" | "清除";
        time: "Time" | "时间";
        number: "Number" | "序号";
        from_where: "From" | "来源 IP";
        request: "Request ID" | "请求 ID";
        access_key: "AccessKey ID" | "AccessKey ID";
        resources: "Resources" | "资源";
        hash: "Hash" | "哈希";
        details: "Details" | "详情";
        none: "No call was found" | "没有找到记录";
        none_hint: "Widen the time, or leave some fields empty." | "请扩大时间范围或减少筛选条件。";
        none_yet: "Nothing in this part. Older records may fit." | "此区间没有符合条件的记录，可继续查看更早的记录。";
        newest: "Newest" | "最新记录";
        older: "Older" | "更早的记录";
        pages: "Pages of the list" | "列表分页";
        bad_time: "A time is not written as one." | "时间格式不正确。";
        bad_time_remedy: "Write it as 2026-11-28T10:00." | "请按 2026-11-28T10:00 的格式填写。";
        verify: "Verify the chain" | "校验完整性";
        verify_about: "Follows the hashes from the first record, over all accounts of this server, and compares the end with its seal." | "从第一条记录开始逐条校验本服务器所有账号的哈希链，并核对末尾封印。";
        whole: "The chain is whole: {} records." | "哈希链完整：共 {} 条记录。";
        whole_so_far: "Whole so far: {} records. There are more." | "目前完整：已校验 {} 条记录，尚有后续记录。";
        go_on: "Go on" | "继续校验";
        broken: "The chain is broken" | "哈希链不完整";
        broken_hint: "Somebody changed the catalog beside the server, or an older copy of it was put back. Keep it as it is, and compare it with a backup." | "数据可能被绕过服务器修改，或恢复了旧备份。请保留现场，并与备份比对。";
        end: "End, to be kept elsewhere" | "末尾校验值（请另行保存）";
        end_hint: "Give it to a later reseal audit verify --expect: it shows a catalog that was put back." | "日后可用 reseal audit verify --expect 核对，以发现被回滚的数据。";
        back: "Back to the audit" | "返回操作审计";
    }
}

#[derive(Template)]
#[template(path = "audit/events.html")]
struct EventsPage {
    shell: Shell,
    texts: &'static AuditTexts,
    trouble: Option<Trouble>,
    asked: Asked,
    services: Vec<Choice>,
    outcomes: Vec<Choice>,
    rows: Vec<Event>,
    newest: Option<String>,
    older: Option<String>,
}

struct Event {
    number: u64,
    at: Time,
    principal: String,
    service: String,
    action: String,
    source_ip: String,
    request_id: String,
    access_key_id: String,
    resources: Vec<String>,
    hash: String,
    /// Empty: it was done.
    code: String,
}

#[derive(Template)]
#[template(path = "audit/verified.html")]
struct VerifiedPage {
    shell: Shell,
    texts: &'static AuditTexts,
    is_whole: bool,
    is_end: bool,
    result: String,
    reason: String,
    number: u64,
    hash: String,
}

/// What the address says: the form of the page.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    until: String,
    principal: String,
    service: String,
    action: String,
    key: String,
    outcome: String,
    code: String,
    next: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/audit", get(show)).route("/audit/verify", post(verify))
}

/// What is wrong with a search is shown at its form.
async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let texts = AuditTexts::of(visit.language);
    let Some(parameters) = asked.parameters() else {
        let trouble = Trouble::of_form(visit.language, texts.bad_time, texts.bad_time_remedy);
        let page = page(&visit, asked, &Value::Null, Some(trouble));
        return rendered(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match visit.call(Product::Ram, "LookupEvents", &parameters).await {
        Ok(answer) => rendered(StatusCode::OK, &page(&visit, asked, &answer, None)),
        Err(refusal) => {
            let trouble = Trouble::new(&refusal, visit.language);
            rendered(refusal.http_status(), &page(&visit, asked, &Value::Null, Some(trouble)))
        }
    }
}

/// Changes nothing, and is posted all the same: an address that starts work must not be opened by another site.
async fn verify(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let answer = visit.call(Product::Ram, "VerifyEvents", &fields.given(&["AfterSeq", "AfterHash"])).await;
    let page = answer.map(|answer| verified(&answer, visit.shell(Section::Audit)));
    visit.show(Section::Audit, page)
}

impl Asked {
    /// Of `LookupEvents`. `None` for a time that is not one.
    fn parameters(&self) -> Option<Vec<(&'static str, String)>> {
        let failed = if self.outcome == "failed" { "true" } else { "" };
        // A call that was done has no code of its own; the audit writes it so.
        let code = if self.outcome == "done" { "OK" } else { self.code.trim() };
        let all = [
            ("StartTime", time(&self.from)?),
            ("EndTime", time(&self.until)?),
            ("Principal", self.principal.trim().to_owned()),
            ("ServiceName", self.service.clone()),
            ("EventName", self.action.trim().to_owned()),
            ("KeyId", self.key.trim().to_owned()),
            ("ErrorCode", code.to_owned()),
            ("Failed", failed.to_owned()),
            ("NextToken", self.next.clone()),
        ];
        Some(all.into_iter().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// As an address, for another part of the list.
    fn address(&self, path: &str, next: &str) -> String {
        let pairs = [
            ("from", self.from.as_str()),
            ("until", &self.until),
            ("principal", &self.principal),
            ("service", &self.service),
            ("action", &self.action),
            ("key", &self.key),
            ("outcome", &self.outcome),
            ("code", &self.code),
            ("next", next),
        ];
        let pairs: Vec<(&str, &str)> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        format!("{path}?{}", form_urlencoded(&pairs))
    }

    fn is_any(&self) -> bool {
        let fields = [&self.from, &self.until, &self.principal, &self.service, &self.action, &self.key, &self.outcome];
        fields.into_iter().chain([&self.code]).any(|field| !field.is_empty())
    }
}

/// `2026-11-28T10:00`, as browsers write it, in UTC, as the API writes it; empty for none.
fn time(typed: &str) -> Option<String> {
    if typed.trim().is_empty() {
        return Some(String::new());
    }
    let at: jiff::civil::DateTime = typed.trim().trim_end_matches('Z').parse().ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn page(visit: &Visit, asked: Asked, answer: &Value, trouble: Option<Trouble>) -> EventsPage {
    let (texts, path) = (AuditTexts::of(visit.language), visit.path("audit"));
    let next = text(answer, "NextToken");
    EventsPage {
        shell: visit.shell(Section::Audit),
        services: choices(
            [("", texts.any), ("ecs", "ECS"), ("kms", "KMS"), ("ram", "RAM"), ("sts", "STS")],
            &asked.service,
        ),
        outcomes: choices([("", texts.any), ("done", texts.succeeded), ("failed", texts.failed)], &asked.outcome),
        rows: list(answer, "Events", "Event").iter().map(Event::of).collect(),
        newest: (!asked.next.is_empty()).then(|| asked.address(&path, "")),
        older: (!next.is_empty()).then(|| asked.address(&path, &next)),
        trouble,
        asked,
        texts,
    }
}

impl Event {
    fn of(event: &Value) -> Self {
        Self {
            number: number(event, "Seq"),
            at: Time::of(event, "EventTime"),
            principal: text(event, "Principal"),
            service: text(event, "ServiceName"),
            action: text(event, "EventName"),
            source_ip: text(event, "SourceIpAddress"),
            request_id: text(event, "RequestId"),
            access_key_id: text(event, "AccessKeyId"),
            resources: text(event, "Resources").split_whitespace().map(str::to_owned).collect(),
            hash: text(event, "Hash"),
            code: text(event, "ErrorCode"),
        }
    }
}

fn verified(answer: &Value, shell: Shell) -> VerifiedPage {
    let texts = AuditTexts::of(shell.language);
    let (is_end, number) = (answer["IsEnd"] == true, number(answer, "Seq"));
    let result = if is_end { texts.whole } else { texts.whole_so_far };
    VerifiedPage {
        shell,
        texts,
        is_whole: answer["IsWhole"] == true,
        is_end,
        result: fill(result, &[&number]),
        reason: text(answer, "Reason"),
        number,
        hash: text(answer, "Hash"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::language::Language;

    /// What was typed becomes parameters; empty fields are none; a time that is not one is told.
    #[test]
    fn a_search_is_a_call() {
        let asked = Asked {
            from: "2026-11-28T10:00".to_owned(),
            principal: " user/bob ".to_owned(),
            outcome: "done".to_owned(),
            ..Asked::default()
        };
        let found: Vec<String> =
            asked.parameters().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, ["StartTime=2026-11-28T10:00:00Z", "Principal=user/bob", "ErrorCode=OK"]);
        assert!(asked.is_any() && !Asked::default().is_any());
        assert_eq!(Asked::default().parameters().unwrap(), []);
        let address = asked.address("/audit", "17");
        assert_eq!(address, "/audit?from=2026-11-28T10%3A00&principal=+user%2Fbob+&outcome=done&next=17");
        assert!(Asked { until: "tomorrow".to_owned(), ..Asked::default() }.parameters().is_none());
        assert_eq!(time("2026-11-28T10:00:30Z").as_deref(), Some("2026-11-28T10:00:30Z"));
    }

    /// A whole chain gives its end to be kept; a broken one says where, as text.
    #[test]
    fn the_result_of_a_verification_is_told() {
        for language in [Language::English, Language::Chinese] {
            let whole = json!({ "IsWhole": true, "IsEnd": true, "Seq": 12, "Hash": "ab" });
            let html = verified(&whole, Shell::of_test(language)).render().unwrap();
            assert!(html.contains("12:ab") && html.contains("12 "), "{html}");
            let broken = json!({ "IsWhole": false, "IsEnd": true, "Seq": 0, "Reason": "record <3> is missing" });
            let html = verified(&broken, Shell::of_test(language)).render().unwrap();
            assert!(html.contains("record &#60;3&#62; is missing") && !html.contains("12:ab"), "{html}");
        }
    }
}
