//! Changes of a user.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::attached::Holder;
use super::user::{UserTexts, with_trouble};
use super::{Tab, Tabs};
use crate::calls::Product;
use crate::shell::{Section, Shell};
use crate::shown::text;
use crate::visit::{Fields, Posted, rendered};

/// The one page that shows a secret. No redirect leads to it: it cannot be loaded again.
#[derive(Template)]
#[template(path = "access/secret.html")]
struct SecretPage {
    shell: Shell,
    tabs: Tabs,
    texts: &'static UserTexts,
    user: String,
    id: String,
    secret: String,
}

pub(super) async fn create_access_key(Path((_, name)): Path<(String, String)>, posted: Posted) -> Response {
    let visit = posted.visit;
    match visit.call(Product::Ram, "CreateAccessKey", &[("UserName", &name)]).await {
        Ok(answer) => {
            let page = SecretPage {
                shell: visit.shell(Section::Access),
                tabs: Tabs::new(&visit, Tab::Users),
                texts: UserTexts::of(visit.language),
                id: text(&answer["AccessKey"], "AccessKeyId"),
                secret: text(&answer["AccessKey"], "AccessKeySecret"),
                user: name,
            };
            rendered(StatusCode::OK, &page)
        }
        Err(refusal) => with_trouble(&visit, &name, &refusal).await,
    }
}

pub(super) async fn change(Path((_, name, what)): Path<(String, String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let Some((action, parameters)) = call_of(&what, &name, &fields) else { return visit.not_found() };
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match visit.call(Product::Ram, action, &parameters).await {
        Ok(_) if what == "delete" => visit.go("access"),
        Ok(_) => visit.go(format_args!("access/users/{name}")),
        Err(refusal) => with_trouble(&visit, &name, &refusal).await,
    }
}

/// The call that the last part of an address names.
fn call_of(what: &str, name: &str, fields: &Fields) -> Option<(&'static str, Vec<(&'static str, String)>)> {
    let user = || ("UserName", name.to_owned());
    let field = |name: &'static str| (name, fields.get(name).to_owned());
    // Spaces count in a password.
    let password = || ("Password", fields.exact("Password").to_owned());
    let reset = || ("PasswordResetRequired", fields.is_on("PasswordResetRequired").to_string());
    Some(match what {
        "access-key-status" => ("UpdateAccessKey", vec![user(), field("UserAccessKeyId"), field("Status")]),
        "delete-access-key" => ("DeleteAccessKey", vec![user(), field("UserAccessKeyId")]),
        "set-password" => ("CreateLoginProfile", vec![user(), password(), reset()]),
        "change-password" => ("UpdateLoginProfile", vec![user(), password(), reset()]),
        "take-password" => ("DeleteLoginProfile", vec![user()]),
        "add-group" => ("AddUserToGroup", vec![user(), field("GroupName")]),
        "remove-group" => ("RemoveUserFromGroup", vec![user(), field("GroupName")]),
        "delete" => ("DeleteUser", vec![user()]),
        _ => return Holder::User.change(what, name, fields),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each address is one action on this user; spaces around a password stay.
    #[test]
    fn addresses_name_actions() {
        let fields = Fields::read(b"Password=+a+&UserAccessKeyId=LTAI&Status=Inactive&policy=Custom%2Fp").unwrap();
        let call = |what: &str| {
            let (action, parameters) = call_of(what, "bob", &fields)?;
            let parameters = parameters.iter().map(|(name, value)| format!("{name}={value}"));
            Some(format!("{action} {}", parameters.collect::<Vec<_>>().join("&")))
        };
        for (what, wanted) in [
            ("access-key-status", "UpdateAccessKey UserName=bob&UserAccessKeyId=LTAI&Status=Inactive"),
            ("set-password", "CreateLoginProfile UserName=bob&Password= a &PasswordResetRequired=false"),
            ("delete", "DeleteUser UserName=bob"),
            ("attach", "AttachPolicyToUser PolicyType=Custom&PolicyName=p&UserName=bob"),
        ] {
            assert_eq!(call(what).as_deref(), Some(wanted));
        }
        assert_eq!(call("promote"), None);
    }
}
