//! The audit: who did what, and whether its chain is whole.

mod search;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::Value;

use self::search::Asked;
use crate::calls::Product;
use crate::form::Posted;
use crate::language::{fill, texts};
use crate::paging::Paging;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Options, Time, choices, list, number, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the pages.
    AuditTexts {
        title: "Audit" | "操作审计";
        about: "Every call of this account, in the console and by programs, also refused ones. Records are chained: none can be changed or removed unseen." | "本账号的所有操作（控制台与程序调用，含被拒绝的操作）。记录以哈希链相连，修改或删除均可被发现。";
        from: "From" | "开始时间";
        until: "Until" | "结束时间";
        principal: "Who" | "操作者";
        principal_hint: "root, user/name, or an ARN" | "root、user/用户名 或 ARN";
        service: "Service" | "云服务";
        action: "Action" | "操作";
        key: "Key ID" | "密钥 ID";
        outcome: "Outcome" | "结果";
        any: "Any" | "全部";
        succeeded: "Succeeded" | "成功";
        failed: "Refused or failed" | "被拒绝或失败";
        code: "Error code" | "错误码";
        search: "Filter" | "筛选";
        clear: "Show all" | "显示全部";
        time: "Time" | "时间";
        number: "Number" | "序号";
        from_where: "Source IP" | "来源 IP";
        request: "Request ID" | "请求 ID";
        access_key: "AccessKey ID" | "AccessKey ID";
        resources: "Resources" | "资源";
        hash: "Hash" | "哈希";
        details: "Details" | "详情";
        none: "No call was found" | "没有找到记录";
        none_hint: "Widen the time, or leave some fields empty." | "请扩大时间范围或减少筛选条件。";
        none_yet: "Nothing in this part. Older records may fit." | "此区间没有符合条件的记录，可继续查看更早的记录。";
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
    services: Options,
    outcomes: Options,
    rows: Vec<Event>,
    paging: Paging,
}

struct Event {
    number: u64,
    at: Time,
    /// ARN of who called, without what all of the account have in common; whole for those of another one.
    principal: String,
    arn: String,
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

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/audit", get(show)).route("/audit/verify", post(verify))
}

/// What is wrong with a search is shown at its form.
async fn show(visit: Visit) -> Response {
    let asked = Asked::read(&visit.query());
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
            let trouble = visit.told(&refusal);
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

fn page(visit: &Visit, asked: Asked, answer: &Value, trouble: Option<Trouble>) -> EventsPage {
    let texts = AuditTexts::of(visit.language);
    let next = text(answer, "NextToken");
    let own = format!("acs:ram::{}:", visit.session.caller.caller().account);
    EventsPage {
        shell: visit.shell(Section::Audit),
        services: choices(
            [("", texts.any), ("ecs", "ECS"), ("kms", "KMS"), ("ram", "RAM"), ("sts", "STS")],
            &asked.service,
        ),
        outcomes: choices([("", texts.any), ("done", texts.succeeded), ("failed", texts.failed)], &asked.outcome),
        rows: list(answer, "Events", "Event").iter().map(|event| Event::of(event, &own)).collect(),
        paging: Paging::marked(
            (visit.language, texts.title),
            (&visit.path("audit"), &asked.query()),
            ("next", &asked.next),
            Some(next.as_str()).filter(|next| !next.is_empty()),
        ),
        trouble,
        asked,
        texts,
    }
}

impl Event {
    /// `own`: how ARNs of the account begin.
    fn of(event: &Value, own: &str) -> Self {
        let arn = text(event, "Principal");
        Self {
            number: number(event, "Seq"),
            at: Time::of(event, "EventTime"),
            principal: arn.strip_prefix(own).unwrap_or(&arn).to_owned(),
            arn,
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

    /// What only asked what would happen ends with a code, and is no failure.
    fn is_dry_run(&self) -> bool {
        self.code.starts_with("DryRunOperation")
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

    /// Who is of the account is named as the filter takes them; others by their whole ARN.
    #[test]
    fn callers_are_named_shortly() {
        for (arn, wanted) in [
            ("acs:ram::1:root", "root"),
            ("acs:ram::1:user/alice", "user/alice"),
            ("acs:ram::12:root", "acs:ram::12:root"),
            ("", ""),
        ] {
            let event = Event::of(&json!({ "Principal": arn }), "acs:ram::1:");
            assert_eq!((event.principal.as_str(), event.arn.as_str()), (wanted, arn));
        }
    }

    /// A whole chain gives its end to be kept; a broken one says where, as text.
    #[test]
    fn the_result_of_a_verification_is_told() {
        for language in [Language::English, Language::Chinese] {
            let whole = json!({ "IsWhole": true, "IsEnd": true, "Seq": 12, "Hash": "ab" });
            let html = verified(&whole, Shell::sample(language)).render().unwrap();
            assert!(html.contains("12:ab") && html.contains("12 "), "{html}");
            let broken = json!({ "IsWhole": false, "IsEnd": true, "Seq": 0, "Reason": "record <3> is missing" });
            let html = verified(&broken, Shell::sample(language)).render().unwrap();
            assert!(html.contains("record &#60;3&#62; is missing") && !html.contains("12:ab"), "{html}");
        }
    }
}
