//! Changes one's own password.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use crate::calls::Product;
use crate::form::Posted;
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the page.
    PasswordTexts {
        title: "Change password" | "修改密码";
        must: "Choose a password of your own before you go on." | "请先设置您自己的密码，然后继续。";
        old: "Present password" | "当前密码";
        new: "New password" | "新密码";
        again: "New password again" | "确认新密码";
        differ: "The two new passwords differ." | "两次输入的新密码不一致。";
        after: "You sign in again with the new password afterwards." | "修改后需要用新密码重新登录。";
    }
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    shell: Shell,
    texts: &'static PasswordTexts,
    must: bool,
    differ: bool,
    trouble: Option<Trouble>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/password", get(form).post(change))
}

async fn form(visit: Visit) -> Response {
    rendered(StatusCode::OK, &page(&visit, false, None))
}

async fn change(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let (old, new) = (fields.exact("old"), fields.exact("new"));
    if new != fields.exact("again") {
        return rendered(StatusCode::BAD_REQUEST, &page(&visit, true, None));
    }
    match visit.call(Product::Ram, "ChangePassword", &[("OldPassword", old), ("NewPassword", new)]).await {
        Ok(_) => visit.go(""),
        Err(refusal) => {
            let trouble = visit.told(&refusal);
            rendered(StatusCode::BAD_REQUEST, &page(&visit, false, Some(trouble)))
        }
    }
}

fn page(visit: &Visit, differ: bool, trouble: Option<Trouble>) -> PasswordPage {
    PasswordPage {
        shell: visit.shell(Section::None),
        texts: PasswordTexts::of(visit.language),
        must: visit.session.password_reset_required,
        differ,
        trouble,
    }
}
