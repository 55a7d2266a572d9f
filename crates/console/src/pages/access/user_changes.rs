//! Changes of a user.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::attached::Holder;
use super::user::{UserTexts, with_trouble};
use super::{Tab, Tabs};
use crate::calls::Product;
use crate::change::Change;
use crate::form::{Fields, Posted};
use crate::once::{Made, Unmade};
use crate::pages::confirm::{self, Deletion};
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::visit::rendered;

/// The one page that shows a secret. No redirect leads to it; only the form that made the key shows it again, for a moment.
#[derive(Template)]
#[template(path = "access/secret.html")]
struct SecretPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static UserTexts,
    user: String,
    made: Made,
}

pub(super) async fn create_access_key(Path((_, name)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let make = async {
        let answer = visit.call(Product::Ram, "CreateAccessKey", &[("UserName", &name)]).await?;
        let key = &answer["AccessKey"];
        Ok(Made::with_secret(text(key, "AccessKeyId"), &text(key, "AccessKeySecret")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => {
            let (tabs, texts) = (Tabs::new(&visit, Tab::Users), UserTexts::of(visit.language));
            let page = SecretPage { shell: visit.shell(Section::Access), tabs, texts, made, user: name };
            rendered(StatusCode::OK, &page)
        }
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => with_trouble(&visit, &name, &refusal).await,
    }
}

pub(super) async fn change(Path((_, name, what)): Path<(String, String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let Some(change) = change_of(&what, &name, &fields) else { return visit.not_found() };
    let here = format!("access/users/{name}");
    let deletion = match what.as_str() {
        "delete" => Some((Deletion::User, name.as_str())),
        "delete-access-key" => Some((Deletion::AccessKey, fields.get("UserAccessKeyId"))),
        "take-password" => Some((Deletion::Password, name.as_str())),
        _ => None,
    };
    let question = deletion.and_then(|deletion| confirm::ask(&visit, Section::Access, deletion, &fields, &here));
    if let Some(question) = question {
        return question;
    }
    match change.carry_out(&visit, Product::Ram).await {
        Ok(_) if what == "delete" => visit.go("access"),
        Ok(_) => visit.go(here),
        Err(refusal) => with_trouble(&visit, &name, &refusal).await,
    }
}

/// The change that the last part of an address names.
fn change_of(what: &str, name: &str, fields: &Fields) -> Option<Change> {
    let user = || ("UserName", name.to_owned());
    let field = |name: &'static str| (name, fields.get(name).to_owned());
    // Spaces count in a password.
    let password = || ("Password", fields.exact("Password").to_owned());
    let reset = || ("PasswordResetRequired", fields.is_on("PasswordResetRequired").to_string());
    let (action, parameters) = match what {
        "access-key-status" => ("UpdateAccessKey", vec![user(), field("UserAccessKeyId"), field("Status")]),
        "delete-access-key" => ("DeleteAccessKey", vec![user(), field("UserAccessKeyId")]),
        "set-password" => ("CreateLoginProfile", vec![user(), password(), reset()]),
        "change-password" => ("UpdateLoginProfile", vec![user(), password(), reset()]),
        "take-password" => ("DeleteLoginProfile", vec![user()]),
        "add-group" => ("AddUserToGroup", vec![user(), field("GroupName")]),
        "remove-group" => ("RemoveUserFromGroup", vec![user(), field("GroupName")]),
        "delete" => ("DeleteUser", vec![user()]),
        _ => return Holder::User.change(what, name, fields),
    };
    Some(Change::new(action, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each address is one action on this user; spaces around a password stay.
    #[test]
    fn addresses_name_actions() {
        let fields = Fields::read(b"Password=+a+&UserAccessKeyId=LTAI&Status=Inactive&policy=Custom%2Fp").unwrap();
        let change = |what: &str| change_of(what, "bob", &fields).map(|change| change.written());
        for (what, wanted) in [
            ("access-key-status", "UpdateAccessKey UserName=bob UserAccessKeyId=LTAI Status=Inactive"),
            ("set-password", "CreateLoginProfile UserName=bob Password= a  PasswordResetRequired=false"),
            ("delete", "DeleteUser UserName=bob"),
            ("attach", "AttachPolicyToUser PolicyType=Custom PolicyName=p UserName=bob"),
        ] {
            assert_eq!(change(what).as_deref(), Some(wanted));
        }
        assert_eq!(change("promote"), None);
    }
}
