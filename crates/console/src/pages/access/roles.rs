//! Roles: who trusts whom, and what they may do then.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::attached::{Attached, Holder};
use super::document::pretty;
use super::{AccessWords, PAGE_SIZE, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::paging::Paging;
use crate::shell::{Section, Shell};
use crate::shown::{Time, list as entries, number, text};
use crate::trouble::Trouble;
use crate::visit::{Fields, Posted, Visit, rendered};

texts! {
    /// Texts of both pages.
    RolesTexts {
        title: "Roles" | "角色";
        about: "A role is assumed by a service, another account or a user, and has the rights of its policies for that time." | "角色由云服务、其他账号或用户扮演，扮演期间拥有该角色的权限。";
        empty: "There is no role yet" | "暂无角色";
        empty_hint: "Authorise ECS to use your keys, and its role is here." | "完成 ECS 服务授权后，对应的服务角色会显示在此处。";
        services: "Service authorisation" | "服务授权";
        trust: "Trust policy: who may assume it" | "信任策略：允许扮演该角色的主体";
        session: "Longest session (seconds)" | "最大会话时间（秒）";
        create: "Create a role" | "创建角色";
        document: "Trust policy (JSON)" | "信任策略（JSON）";
        document_hint: "Who may assume it: the service ecs.aliyuncs.com, or acs:ram::ACCOUNT:root for an account. The server checks it." | "允许扮演该角色的主体：云服务 ecs.aliyuncs.com，或账号 acs:ram::账号ID:root。提交时由服务器校验。";
        delete: "Delete the role" | "删除角色";
        delete_hint: "A role with policies is not deleted: detach them first. Whoever has assumed it loses its rights." | "删除前需先移除授权策略。已扮演该角色的主体将失去其权限。";
    }
}

/// What the editor begins with: the account itself, to be changed to whom is meant.
const EXAMPLE: &str = r#"{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": { "RAM": ["acs:ram::ACCOUNT:root"] }
    }
  ]
}
"#;

#[derive(Template)]
#[template(path = "access/roles.html")]
struct RolesPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static RolesTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    rows: Vec<Row>,
    paging: Paging,
    /// What stands in the form.
    fields: Fields,
}

struct Row {
    name: String,
    description: String,
    created: Time,
}

#[derive(Template)]
#[template(path = "access/role.html")]
struct RolePage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static RolesTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    arn: String,
    description: String,
    session_s_max: u64,
    created: Time,
    trust: String,
    attached: Result<Attached, Trouble>,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    marker: String,
}

pub(super) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let example = EXAMPLE.replace("ACCOUNT", &visit.session.caller.caller().account.to_string());
    let form = Fields::from_iter([("AssumeRolePolicyDocument", example)]);
    let page = look_at_all(&visit, &asked.marker, form, None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let parameters = fields.given(&["RoleName", "Description", "AssumeRolePolicyDocument"]);
    match visit.call(Product::Ram, "CreateRole", &parameters).await {
        Ok(answer) => visit.go(format_args!("access/roles/{}", text(&answer["Role"], "RoleName"))),
        Err(refusal) => match look_at_all(&visit, "", fields, Some(Trouble::new(&refusal, visit.language))).await {
            Ok(page) => rendered(refusal.http_status(), &page),
            Err(other) => visit.trouble(Section::Access, &other),
        },
    }
}

pub(super) async fn detail(visit: Visit, Path((_, name)): Path<(String, String)>) -> Response {
    let page = look(&visit, &name, None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn change(Path((_, name, what)): Path<(String, String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let deletion = || (what == "delete").then(|| ("DeleteRole", vec![("RoleName", name.clone())]));
    let Some((action, parameters)) = Holder::Role.change(&what, &name, &fields).or_else(deletion) else {
        return visit.not_found();
    };
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match visit.call(Product::Ram, action, &parameters).await {
        Ok(_) if what == "delete" => visit.go("access/roles"),
        Ok(_) => visit.go(format_args!("access/roles/{name}")),
        Err(refusal) => match look(&visit, &name, Some(Trouble::new(&refusal, visit.language))).await {
            Ok(page) => rendered(refusal.http_status(), &page),
            Err(other) => visit.trouble(Section::Access, &other),
        },
    }
}

async fn look_at_all(
    visit: &Visit,
    marker: &str,
    fields: Fields,
    trouble: Option<Trouble>,
) -> Result<RolesPage, Refusal> {
    let mut parameters = vec![("MaxItems", PAGE_SIZE)];
    if !marker.is_empty() {
        parameters.push(("Marker", marker));
    }
    let answer = visit.call(Product::Ram, "ListRoles", &parameters).await?;
    let address = visit.path("access/roles");
    Ok(RolesPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Roles),
        texts: RolesTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble,
        fields,
        rows: entries(&answer, "Roles", "Role").iter().map(row).collect(),
        paging: Paging::marked(visit.language, (&address, &[]), ("marker", marker), answer["Marker"].as_str()),
    })
}

fn row(role: &Value) -> Row {
    Row { name: text(role, "RoleName"), description: text(role, "Description"), created: Time::of(role, "CreateDate") }
}

async fn look(visit: &Visit, name: &str, trouble: Option<Trouble>) -> Result<RolePage, Refusal> {
    let answer = visit.call(Product::Ram, "GetRole", &[("RoleName", name)]).await?;
    let (role, changes) = (&answer["Role"], visit.path(format_args!("access/roles/{name}/change")));
    let attached = Attached::look(visit, Holder::Role, name, changes).await;
    Ok(RolePage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Roles),
        texts: RolesTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble,
        name: text(role, "RoleName"),
        arn: text(role, "Arn"),
        description: text(role, "Description"),
        session_s_max: number(role, "MaxSessionDuration"),
        created: Time::of(role, "CreateDate"),
        trust: pretty(&text(role, "AssumeRolePolicyDocument")),
        attached: attached.map_err(|refusal| Trouble::new(&refusal, visit.language)),
    })
}
