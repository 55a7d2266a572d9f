//! The users of the account.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::listed::{Listed, What};
use super::{AccessWords, Tab, Tabs};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

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
    listed: Listed,
}

#[derive(Template)]
#[template(path = "access/user_create.html")]
struct CreatePage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static UsersTexts,
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
    rendered(StatusCode::OK, &create_page(&visit, Fields::default(), None))
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let parameters = fields.given(&["UserName", "DisplayName", "Comments"]);
    let make = async {
        let answer = visit.call(Product::Ram, "CreateUser", &parameters).await?;
        Ok(Made::plain(text(&answer["User"], "UserName")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => visit.go(format_args!("access/users/{}", made.name)),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => rendered(refusal.http_status(), &create_page(&visit, fields, Some(&refusal))),
    }
}

async fn look(visit: &Visit) -> Result<UsersPage, Refusal> {
    let (texts, words) = (UsersTexts::of(visit.language), AccessWords::of(visit.language));
    let what = What {
        action: "ListUsers",
        title: texts.title,
        nested: ("Users", "User", "UserName"),
        paths: ("access", "access/users"),
        columns: &[(texts.display_name, "DisplayName"), (words.comments, "Comments")],
    };
    Ok(UsersPage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Users),
        texts,
        listed: Listed::look(visit, what).await?,
    })
}

fn create_page(visit: &Visit, fields: Fields, refused: Option<&Refusal>) -> CreatePage {
    CreatePage {
        shell: visit.shell(Section::Access),
        tabs: Tabs::new(visit, Tab::Users),
        texts: UsersTexts::of(visit.language),
        words: AccessWords::of(visit.language),
        trouble: refused.map(|refusal| visit.told(refusal)),
        token: visit.form_token(&fields),
        fields,
    }
}
