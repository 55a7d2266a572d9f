//! The users of the account.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::{AccessWords, PAGE_SIZE, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::paging::Paging;
use crate::shell::{Section, Shell};
use crate::shown::{Time, list as entries, text};
use crate::trouble::Trouble;
use crate::visit::{Fields, Posted, Visit, rendered};

texts! {
    /// Texts of the list and the form.
    UsersTexts {
        title: "Users" | "用户";
        about: "Whoever works with this account should be a user with the rights that they need, and not use the account's own access keys." | "建议为每位使用者创建 RAM 用户并授予所需权限，不要直接使用主账号的访问密钥。";
        create: "Create a user" | "创建用户";
        display_name: "Display name" | "显示名称";
        name_hint: "1 to 64 letters, digits, full stops, underscores and hyphens." | "1 至 64 个字符，可含字母、数字、句点、下划线和连字符。";
        empty: "There is no user yet" | "暂无用户";
        empty_hint: "Create one, give it an access key or a password, and attach a policy." | "创建用户，为其创建访问密钥或设置登录密码，并授予策略。";
    }
}

#[derive(Template)]
#[template(path = "access/users.html")]
struct UsersPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static UsersTexts,
    words: &'static AccessWords,
    rows: Vec<Row>,
    paging: Paging,
}

struct Row {
    name: String,
    display_name: String,
    comments: String,
    created: Time,
}

#[derive(Template)]
#[template(path = "access/user_create.html")]
struct CreatePage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static UsersTexts,
    words: &'static AccessWords,
    trouble: Option<Trouble>,
    name: String,
    display_name: String,
    comments: String,
}

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    marker: String,
}

pub(super) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let page = look(&visit, &asked.marker).await;
    visit.show(Section::Access, page)
}

pub(super) async fn form(visit: Visit) -> Response {
    rendered(StatusCode::OK, &create_page(&visit, &Fields::default(), None))
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    match visit.call(Product::Ram, "CreateUser", &fields.given(&["UserName", "DisplayName", "Comments"])).await {
        Ok(answer) => visit.go(format_args!("access/users/{}", text(&answer["User"], "UserName"))),
        Err(refusal) => {
            let trouble = Trouble::new(&refusal, visit.language);
            rendered(refusal.http_status(), &create_page(&visit, &fields, Some(trouble)))
        }
    }
}

async fn look(visit: &Visit, marker: &str) -> Result<UsersPage, Refusal> {
    let mut parameters = vec![("MaxItems", PAGE_SIZE)];
    if !marker.is_empty() {
        parameters.push(("Marker", marker));
    }
    let answer = visit.call(Product::Ram, "ListUsers", &parameters).await?;
    Ok(UsersPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Users),
        texts: UsersTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        rows: entries(&answer, "Users", "User").iter().map(row).collect(),
        paging: Paging::marked(
            visit.language,
            (&visit.path("access"), &[]),
            ("marker", marker),
            answer["Marker"].as_str(),
        ),
    })
}

fn row(user: &Value) -> Row {
    Row {
        name: text(user, "UserName"),
        display_name: text(user, "DisplayName"),
        comments: text(user, "Comments"),
        created: Time::of(user, "CreateDate"),
    }
}

fn create_page(visit: &Visit, fields: &Fields, trouble: Option<Trouble>) -> CreatePage {
    CreatePage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Users),
        texts: UsersTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble,
        name: fields.get("UserName").to_owned(),
        display_name: fields.get("DisplayName").to_owned(),
        comments: fields.get("Comments").to_owned(),
    }
}
