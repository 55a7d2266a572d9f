//! Policies: the system's and the account's own.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

use super::{AccessWords, Tab, Tabs, system_policies};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::{Language, texts};
use crate::once::{Made, Unmade};
use crate::paging::{Marked, Paging};
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, list as entries, number, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the list and the form.
    PoliciesTexts {
        title: "Policies" | "授权策略";
        about: "A policy says which actions are allowed on what. It counts for the users, groups and roles that it is attached to." | "授权策略规定允许对哪些资源执行哪些操作，授权给用户、用户组或角色后生效。";
        create: "Create a policy" | "创建自定义策略";
        all: "Any" | "全部";
        show: "Filter" | "筛选";
        used: "Attached" | "被引用次数";
        document: "Policy document (JSON)" | "策略内容（JSON）";
        document_hint: "The server checks it; a mistake is shown with its place." | "提交时由服务器校验，如有错误将提示所在位置。";
        name_hint: "1 to 128 letters, digits and hyphens." | "1 至 128 个字符，可含字母、数字和连字符。";
        none: "No policy is here" | "暂无策略";
        none_hint: "Create one, or use those of the system." | "可创建自定义策略，或使用系统策略。";
    }
}

/// What the editor begins with: reading and using keys and images, to be narrowed.
const EXAMPLE: &str = r#"{
  "Version": "1",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["ecs:Describe*", "ecs:CopyImage", "kms:List*", "kms:DescribeKey"],
      "Resource": "*"
    }
  ]
}
"#;

#[derive(Template)]
#[template(path = "access/policies.html")]
struct PoliciesPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static PoliciesTexts,
    words: &'static AccessWords,
    kinds: Options,
    rows: Vec<Row>,
    paging: Paging,
}

struct Row {
    name: String,
    policy_type: String,
    kind: &'static str,
    description: String,
    attachments: u64,
}

#[derive(Template)]
#[template(path = "access/policy_create.html")]
struct CreatePage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static PoliciesTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    fields: Fields,
    token: String,
}

pub(super) async fn list(visit: Visit) -> Response {
    let page = look(&visit).await;
    visit.show(Section::Access, page)
}

pub(super) async fn form(visit: Visit) -> Response {
    let fields = Fields::from_iter([("PolicyDocument", EXAMPLE.to_owned())]);
    rendered(StatusCode::OK, &create_page(&visit, fields, None))
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let parameters = fields.given(&["PolicyName", "Description", "PolicyDocument"]);
    let make = async {
        let answer = visit.call(Product::Ram, "CreatePolicy", &parameters).await?;
        Ok(Made::plain(text(&answer["Policy"], "PolicyName")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => visit.go(format_args!("access/policies/Custom/{}", made.name)),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => rendered(refusal.http_status(), &create_page(&visit, fields, Some(&refusal))),
    }
}

async fn look(visit: &Visit) -> Result<PoliciesPage, Refusal> {
    let (texts, words) = (PoliciesTexts::of(visit.language), AccessWords::of(visit.language));
    let (query, page) = (visit.query(), Marked::asked(visit));
    let kind = query.get("kind");
    let filter = [("PolicyType", kind)].into_iter().filter(|(_, kind)| !kind.is_empty());
    let answer = page.call(visit, "ListPolicies", &filter.collect::<Vec<_>>()).await?;
    Ok(PoliciesPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Policies),
        kinds: choices([("", texts.all), ("Custom", words.custom), ("System", words.system)], kind),
        rows: entries(&answer, "Policies", "Policy").iter().map(|policy| row(policy, visit.language)).collect(),
        paging: page.line(visit, texts.title, ("access/policies", &[("kind", kind)]), &answer),
        texts,
        words,
    })
}

fn row(policy: &Value, language: Language) -> Row {
    let (policy_type, words) = (text(policy, "PolicyType"), AccessWords::of(language));
    Row {
        name: text(policy, "PolicyName"),
        kind: words.policy_type(&policy_type),
        policy_type,
        description: system_policies::description(policy, language),
        attachments: number(policy, "AttachmentCount"),
    }
}

fn create_page(visit: &Visit, fields: Fields, refused: Option<&Refusal>) -> CreatePage {
    CreatePage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Policies),
        texts: PoliciesTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble: refused.map(|refusal| visit.told(refusal)),
        token: visit.form_token(&fields),
        fields,
    }
}
