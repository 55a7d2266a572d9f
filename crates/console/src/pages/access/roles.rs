//! Roles: who trusts whom, and what they may do then.

use askama::Template;
use axum::response::Response;

use super::attached::{Attached, Holder};
use super::document::pretty;
use super::held::{Deleted, HolderPage};
use super::listed::{Listed, What};
use super::{AccessWords, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::pages::confirm::Deletion;
use crate::shell::{Section, Shell};
use crate::shown::{Time, number, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

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
    listed: Listed,
    /// What stands in the form.
    fields: Fields,
    token: String,
}

#[derive(Template)]
#[template(path = "access/role.html")]
pub(super) struct RolePage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static RolesTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    arn: String,
    description: String,
    /// Address of the page.
    here: String,
    session_s_max: u64,
    created: Time,
    trust: String,
    attached: Result<Attached, Trouble>,
}

pub(super) async fn list(visit: Visit) -> Response {
    let example = EXAMPLE.replace("ACCOUNT", &visit.session.caller.caller().account.to_string());
    let form = Fields::from_iter([("AssumeRolePolicyDocument", example)]);
    let page = look_at_all(&visit, form, None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let parameters = fields.given(&["RoleName", "Description", "AssumeRolePolicyDocument"]);
    let make = async {
        let answer = visit.call(Product::Ram, "CreateRole", &parameters).await?;
        Ok(Made::plain(text(&answer["Role"], "RoleName")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => visit.go(format_args!("access/roles/{}", made.name)),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => {
            let page = look_at_all(&visit, fields, Some(&refusal)).await;
            visit.answer(Section::Access, page, Some(&refusal))
        }
    }
}

async fn look_at_all(visit: &Visit, fields: Fields, refused: Option<&Refusal>) -> Result<RolesPage, Refusal> {
    let (texts, words) = (RolesTexts::of(visit.language), AccessWords::of(visit.language));
    let what = What {
        action: "ListRoles",
        title: texts.title,
        nested: ("Roles", "Role", "RoleName"),
        paths: ("access/roles", "access/roles"),
        columns: &[(words.description, "Description")],
    };
    Ok(RolesPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Roles),
        texts,
        words,
        trouble: refused.map(|refusal| visit.told(refusal)),
        token: visit.form_token(&fields),
        fields,
        listed: Listed::look(visit, what).await?,
    })
}

impl HolderPage for RolePage {
    const HOLDER: Holder = Holder::Role;
    const DELETED: Deleted = Deleted { action: "DeleteRole", question: Deletion::Role, list: "access/roles" };

    async fn look(visit: &Visit, name: &str, refused: Option<&Refusal>) -> Result<Self, Refusal> {
        let answer = visit.call(Product::Ram, "GetRole", &[("RoleName", name)]).await?;
        let (role, changes) = (&answer["Role"], visit.path(format_args!("access/roles/{name}/change")));
        let attached = Attached::look(visit, Holder::Role, name, changes).await;
        Ok(Self {
            shell: visit.shell(Section::Access),
            tabs: Tabs::new(visit, Tab::Roles),
            texts: RolesTexts::of(visit.language),
            words: AccessWords::of(visit.language),
            trouble: refused.map(|refusal| visit.told(refusal)),
            name: text(role, "RoleName"),
            arn: text(role, "Arn"),
            description: text(role, "Description"),
            here: visit.path(format_args!("access/roles/{name}")),
            session_s_max: number(role, "MaxSessionDuration"),
            created: Time::of(role, "CreateDate"),
            trust: pretty(&text(role, "AssumeRolePolicyDocument")),
            attached: attached.map_err(|refusal| visit.told(&refusal)),
        })
    }
}
