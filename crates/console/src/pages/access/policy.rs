//! One policy: its text, its versions, who has it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use serde_json::Value;

use super::document::pretty;
use super::{AccessWords, Tab, Tabs, system_policies};
use crate::calls::{Product, Refusal};
use crate::change::Change;
use crate::form::{Fields, Posted};
use crate::language::{fill, texts};
use crate::once::Unmade;
use crate::pages::confirm::{self, Deletion};
use crate::shell::{Section, Shell};
use crate::shown::{Time, list, text};
use crate::trouble::Trouble;
use crate::visit::Visit;

texts! {
    /// Texts of the page.
    PolicyTexts {
        policies: "Policies" | "授权策略";
        document_of: "Document of version {}" | "版本 {} 的策略内容";
        is_default: "Default" | "默认版本";
        versions: "Versions" | "策略版本";
        version: "Version" | "版本";
        make_default: "Make it the default" | "设为默认版本";
        new_version: "New version" | "新建版本";
        new_version_hint: "Starts with the text above. The server checks it; a mistake is shown with its place." | "以上方内容为初始值。提交时由服务器校验，如有错误将提示所在位置。";
        document: "Policy document (JSON)" | "策略内容（JSON）";
        set_default: "Make it the default at once" | "立即设为默认版本";
        rotate: "When there are five versions, delete the oldest that is not the default" | "版本达到 5 个时，自动删除最早的非默认版本";
        has: "Who has this policy" | "引用记录";
        nobody: "Nobody has this policy." | "该策略尚未被授权。";
        users: "Users" | "用户";
        groups: "Groups" | "用户组";
        roles: "Roles" | "角色";
        delete: "Delete the policy" | "删除策略";
        delete_hint: "It must not be attached to anybody." | "删除前需先移除所有授权。";
        delete_all: "Detach it from everybody, and delete its other versions, first" | "先移除所有授权并删除其他版本";
    }
}

#[derive(Template)]
#[template(path = "access/policy.html")]
struct PolicyPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static PolicyTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    policy_type: String,
    kind: &'static str,
    is_custom: bool,
    description: String,
    created: Time,
    changed: Time,
    document_title: String,
    document: String,
    /// What stands in the editor, and what is ticked below it.
    draft: Draft,
    versions: Vec<Version>,
    entities: Result<Entities, Trouble>,
}

/// A new version, as it begins or as it was typed.
struct Draft {
    document: String,
    sets_default: bool,
    rotates: bool,
    token: String,
}

struct Version {
    id: String,
    is_default: bool,
    created: Time,
}

/// Who has a policy.
struct Entities {
    users: Vec<String>,
    groups: Vec<String>,
    roles: Vec<String>,
}

pub(super) async fn detail(visit: Visit, Path((_, kind, name)): Path<(String, String, String)>) -> Response {
    let page = look(&visit, (&kind, &name), visit.query().get("version"), None).await;
    visit.show(Section::Access, page)
}

pub(super) async fn change(
    Path((_, kind, name, what)): Path<(String, String, String, String)>,
    posted: Posted,
) -> Response {
    let Posted { visit, fields } = posted;
    let Some(change) = change_of(&what, &name, &fields).filter(|_| kind == "Custom") else {
        return visit.not_found();
    };
    let here = format!("access/policies/Custom/{name}");
    let deletion = match what.as_str() {
        "delete" if fields.is_on("CascadingDelete") => Some((Deletion::AttachedPolicy, name.clone())),
        "delete" => Some((Deletion::Policy, name.clone())),
        "delete-version" => Some((Deletion::PolicyVersion, format!("{name} {}", fields.get("VersionId")))),
        _ => None,
    };
    let question = deletion
        .and_then(|(deletion, subject)| confirm::ask(&visit, Section::Access, (deletion, &subject), &fields, &here));
    if let Some(question) = question {
        return question;
    }
    match change.carry_out_once(&visit, Product::Ram, &fields).await {
        Ok(()) if what == "delete" => visit.go("access/policies"),
        Ok(()) => visit.go(here),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => {
            let typed = (what == "new-version").then(|| Draft::typed(&visit, &fields));
            let page = look(&visit, (&kind, &name), "", Some((visit.told(&refusal), typed))).await;
            visit.answer(Section::Access, page, Some(&refusal))
        }
    }
}

/// The change that the last part of an address names.
fn change_of(what: &str, name: &str, fields: &Fields) -> Option<Change> {
    let policy = ("PolicyName", name.to_owned());
    let version = ("VersionId", fields.get("VersionId").to_owned());
    let (action, parameters) = match what {
        "new-version" => {
            let rotate = fields.is_on("rotate").then_some("DeleteOldestNonDefaultVersionWhenLimitExceeded");
            let parameters = vec![
                policy,
                ("PolicyDocument", fields.get("PolicyDocument").to_owned()),
                ("SetAsDefault", fields.is_on("SetAsDefault").to_string()),
                ("RotateStrategy", rotate.unwrap_or("None").to_owned()),
            ];
            ("CreatePolicyVersion", parameters)
        }
        "set-default" => ("SetDefaultPolicyVersion", vec![policy, version]),
        "delete-version" => ("DeletePolicyVersion", vec![policy, version]),
        "delete" => ("DeletePolicy", vec![policy, ("CascadingDelete", fields.is_on("CascadingDelete").to_string())]),
        _ => return None,
    };
    Some(Change::new(action, parameters))
}

/// `version`: whose text is shown; empty for the default one. `trouble`: what stood in the way of a change, and the version that it was to be.
async fn look(
    visit: &Visit,
    (kind, name): (&str, &str),
    version: &str,
    trouble: Option<(Trouble, Option<Draft>)>,
) -> Result<PolicyPage, Refusal> {
    let texts = PolicyTexts::of(visit.language);
    let named = [("PolicyType", kind), ("PolicyName", name)];
    let answer = visit.call(Product::Ram, "GetPolicy", &named).await?;
    let shown = match version {
        "" => answer["DefaultPolicyVersion"].clone(),
        id => {
            let asked = [("PolicyType", kind), ("PolicyName", name), ("VersionId", id)];
            visit.call(Product::Ram, "GetPolicyVersion", &asked).await?["PolicyVersion"].clone()
        }
    };
    let (versions, entities) = tokio::join!(
        visit.call(Product::Ram, "ListPolicyVersions", &named),
        visit.call(Product::Ram, "ListEntitiesForPolicy", &named),
    );
    let versions = versions?;
    let (policy, document) = (&answer["Policy"], pretty(&text(&shown, "PolicyDocument")));
    let (trouble, typed) = trouble.unzip();
    Ok(PolicyPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Policies),
        words: AccessWords::of(visit.language),
        trouble,
        name: text(policy, "PolicyName"),
        policy_type: text(policy, "PolicyType"),
        kind: AccessWords::of(visit.language).policy_type(kind),
        is_custom: kind == "Custom",
        description: system_policies::description(policy, visit.language),
        created: Time::of(policy, "CreateDate"),
        changed: Time::of(policy, "UpdateDate"),
        document_title: fill(texts.document_of, &[&text(&shown, "VersionId")]),
        draft: typed.flatten().unwrap_or_else(|| Draft::of(visit, &document)),
        document,
        versions: list(&versions, "PolicyVersions", "PolicyVersion").iter().map(version_of).collect(),
        entities: entities.map(|found| Entities::of(&found)).map_err(|refusal| visit.told(&refusal)),
        texts,
    })
}

fn version_of(version: &Value) -> Version {
    Version {
        id: text(version, "VersionId"),
        is_default: version["IsDefaultVersion"] == true,
        created: Time::of(version, "CreateDate"),
    }
}

impl Draft {
    /// Begins with the text that is shown.
    fn of(visit: &Visit, document: &str) -> Self {
        let token = visit.form_token(&Fields::default());
        Self { document: document.to_owned(), sets_default: true, rotates: false, token }
    }

    fn typed(visit: &Visit, fields: &Fields) -> Self {
        Self {
            document: fields.get("PolicyDocument").to_owned(),
            sets_default: fields.is_on("SetAsDefault"),
            rotates: fields.is_on("rotate"),
            token: visit.form_token(fields),
        }
    }
}

impl Entities {
    fn of(answer: &Value) -> Self {
        let names = |outer, inner, name| list(answer, outer, inner).iter().map(|entity| text(entity, name)).collect();
        Self {
            users: names("Users", "User", "UserName"),
            groups: names("Groups", "Group", "GroupName"),
            roles: names("Roles", "Role", "RoleName"),
        }
    }

    fn is_empty(&self) -> bool {
        self.users.is_empty() && self.groups.is_empty() && self.roles.is_empty()
    }
}
