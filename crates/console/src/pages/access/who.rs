//! Who may do something: the question that comes before every audit.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use ram::ACTIONS_ASKED_ABOUT;
use serde_json::Value;

use super::{Tab, Tabs};
use crate::form::Fields;
use crate::language::texts;
use crate::paging::{Marked, Paging};
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, list, text};
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
    actions: Options,
    among: Options,
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
struct Asked {
    action: String,
    resource: String,
    among: &'static str,
}

impl Asked {
    fn read(query: &Fields) -> Self {
        Self {
            action: query.get("action").to_owned(),
            resource: query.get("resource").to_owned(),
            among: if query.get("among") == "Role" { "Role" } else { "User" },
        }
    }

    /// As the query of an address.
    fn query(&self) -> [(&'static str, &str); 3] {
        [("action", &self.action), ("resource", &self.resource), ("among", self.among)]
    }
}

pub(super) async fn show(visit: Visit) -> Response {
    let asked = Asked::read(&visit.query());
    if asked.resource.is_empty() {
        return rendered(StatusCode::OK, &page(&visit, &asked, None, None));
    }
    let part = Marked::asked(&visit);
    let [action, resource, among] = asked.query().map(|(_, value)| value);
    let given = [("ActionName", action), ("Resource", resource), ("PrincipalType", among)];
    match part.call(&visit, "ListPrincipalsAllowed", &given).await {
        Ok(found) => {
            let title = WhoTexts::of(visit.language).title;
            let answer = Answer::of(part.line(&visit, title, ("access/who", &asked.query()), &found), &found);
            rendered(StatusCode::OK, &page(&visit, &asked, Some(answer), None))
        }
        Err(refusal) => {
            let page = page(&visit, &asked, None, Some(visit.told(&refusal)));
            rendered(refusal.http_status(), &page)
        }
    }
}

impl Answer {
    fn of(paging: Paging, found: &Value) -> Self {
        let rows = list(found, "Principals", "Principal").iter().map(row).collect();
        Self { rows, has_more: paging.next.is_some(), paging }
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
        among: choices([("User", texts.users), ("Role", texts.roles)], asked.among),
        resource: asked.resource.clone(),
        answer,
        texts,
    }
}
