//! Who may do something: the question that comes before every audit.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use ram::ACTIONS_ASKED_ABOUT;
use serde::Deserialize;
use serde_json::Value;

use super::{PAGE_SIZE, Tab, Tabs};
use crate::calls::Product;
use crate::language::texts;
use crate::paging::Paging;
use crate::shell::{Section, Shell};
use crate::shown::{Choice, choices, list, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the page.
    WhoTexts {
        title: "Who may do this" | "权限查询";
        about: "Judged by the policies as they are now, as if each called from where you are. Who may assume a role has the role's rights." | "按当前策略评估，假设各主体从您当前的位置发起调用。可扮演角色的主体拥有该角色的权限。";
        action: "Action" | "操作";
        resource: "Resource (ARN)" | "资源（ARN）";
        resource_hint: "The page of a key or an image has its ARN. * stands for all: acs:ecs:cn-hangzhou:1000000000000001:image/*" | "可在密钥或镜像详情页查看 ARN。可使用 *，如 acs:ecs:cn-hangzhou:1000000000000001:image/*";
        among: "Among" | "范围";
        users: "Account and users" | "主账号与用户";
        roles: "Roles" | "角色";
        ask: "Check" | "查询";
        who: "Who" | "主体";
        by: "Allowed by" | "授权来源";
        account: "The account itself" | "主账号";
        by_right: "Its own right, or the key's policy" | "所有者权限或密钥策略";
        nobody: "Nobody among these may." | "该范围内没有主体拥有此权限。";
        nobody_yet: "Nobody in this part of the list. There are more." | "列表此部分中没有主体拥有此权限，可继续查看。";
    }
}

#[derive(Template)]
#[template(path = "access/who.html")]
struct WhoPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static WhoTexts,
    trouble: Option<Trouble>,
    actions: Vec<Choice>,
    among: Vec<Choice>,
    resource: String,
    /// Once something was asked.
    answer: Option<Answer>,
}

struct Answer {
    rows: Vec<Row>,
    paging: Paging,
    has_more: bool,
}

struct Row {
    name: String,
    /// `users` or `roles`, where its page is; `None` for the account.
    pages: Option<&'static str>,
    arn: String,
    policy: String,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    action: String,
    resource: String,
    among: String,
    marker: String,
}

pub(super) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    if asked.resource.trim().is_empty() {
        return rendered(StatusCode::OK, &page(&visit, &asked, None, None));
    }
    let among = if asked.among == "Role" { "Role" } else { "User" };
    let given = [
        ("ActionName", asked.action.as_str()),
        ("Resource", asked.resource.trim()),
        ("PrincipalType", among),
        ("Marker", &asked.marker),
        ("MaxItems", PAGE_SIZE),
    ];
    let parameters: Vec<(&str, &str)> = given.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    match visit.call(Product::Ram, "ListPrincipalsAllowed", &parameters).await {
        Ok(found) => {
            let answer = Answer::of(&visit, &asked, &found);
            rendered(StatusCode::OK, &page(&visit, &asked, Some(answer), None))
        }
        Err(refusal) => {
            let trouble = Trouble::new(&refusal, visit.language);
            rendered(refusal.http_status(), &page(&visit, &asked, None, Some(trouble)))
        }
    }
}

impl Answer {
    fn of(visit: &Visit, asked: &Asked, found: &Value) -> Self {
        let next = Some(text(found, "Marker")).filter(|marker| !marker.is_empty());
        let query = [("action", asked.action.as_str()), ("resource", &asked.resource), ("among", &asked.among)];
        let address = visit.path("access/who");
        Self {
            rows: list(found, "Principals", "Principal").iter().map(row).collect(),
            paging: Paging::marked(visit.language, (&address, &query), ("marker", &asked.marker), next.as_deref()),
            has_more: next.is_some(),
        }
    }
}

fn row(principal: &Value) -> Row {
    Row {
        name: text(principal, "PrincipalName"),
        pages: match principal["PrincipalType"].as_str() {
            Some("User") => Some("users"),
            Some("Role") => Some("roles"),
            _ => None,
        },
        arn: text(principal, "Arn"),
        policy: text(principal, "PolicyName"),
    }
}

fn page(visit: &Visit, asked: &Asked, answer: Option<Answer>, trouble: Option<Trouble>) -> WhoPage {
    let texts = WhoTexts::of(visit.language);
    WhoPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Who),
        trouble,
        actions: choices(ACTIONS_ASKED_ABOUT.iter().map(|action| (*action, *action)), &asked.action),
        among: choices([("User", texts.users), ("Role", texts.roles)], &asked.among),
        resource: asked.resource.clone(),
        answer,
        texts,
    }
}
