//! Changes of a key that take one call and no page of their own.

use axum::extract::Path;
use axum::response::Response;
use serde_json::json;

use super::create::alias;
use super::detail::{self, Refused};
use crate::calls::Product;
use crate::change::Change;
use crate::form::{Fields, Posted};
use crate::once::Unmade;
use crate::pages::confirm::{self, Deletion};
use crate::shell::Section;

pub(super) async fn change(Path((_, id, what)): Path<(String, String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let Some(change) = change_of(&what, &id, &fields) else { return visit.not_found() };
    if what == "remove-alias" {
        let alias = (Deletion::Alias, fields.get("AliasName"));
        if let Some(question) = confirm::ask(&visit, Section::Keys, alias, &fields, &format!("keys/{id}")) {
            return question;
        }
    }
    // Of these only rotating comes to more when it is done twice: its form has a token.
    match change.carry_out_once(&visit, Product::Kms, &fields).await {
        Ok(()) => visit.go(format_args!("keys/{id}")),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => {
            detail::with_trouble(&visit, &id, &refusal, Refused { form: what, fields }).await
        }
    }
}

/// The change that the last part of an address names.
fn change_of(what: &str, id: &str, fields: &Fields) -> Option<Change> {
    let key = || ("KeyId", id.to_owned());
    let field = |name| fields.get(name).to_owned();
    let protection = |on: bool| {
        let why = if on { field("DeletionProtectionDescription") } else { String::new() };
        vec![key(), ("EnableDeletionProtection", on.to_string()), ("DeletionProtectionDescription", why)]
    };
    let (action, parameters) = match what {
        "enable" => ("EnableKey", vec![key()]),
        "cancel-deletion" => ("CancelKeyDeletion", vec![key()]),
        "protect" => ("SetDeletionProtection", protection(true)),
        "unprotect" => ("SetDeletionProtection", protection(false)),
        "description" => ("UpdateKeyDescription", vec![key(), ("Description", field("Description"))]),
        "rotate" => ("CreateKeyVersion", vec![key()]),
        "rotation-on" => {
            let interval = format!("{}d", fields.get("RotationDays"));
            let on = ("EnableAutomaticRotation", "true".to_owned());
            ("UpdateRotationPolicy", vec![key(), on, ("RotationInterval", interval)])
        }
        "rotation-off" => ("UpdateRotationPolicy", vec![key(), ("EnableAutomaticRotation", "false".to_owned())]),
        "add-alias" => {
            let alias = alias(fields.get("AliasName")).unwrap_or_default();
            ("CreateAlias", vec![key(), ("AliasName", alias)])
        }
        "remove-alias" => ("DeleteAlias", vec![("AliasName", field("AliasName"))]),
        "add-tag" => {
            let tag = json!([{ "TagKey": fields.get("TagKey"), "TagValue": fields.get("TagValue") }]);
            ("TagResource", vec![key(), ("Tags", tag.to_string())])
        }
        // A key of a tag may begin or end with a space.
        "remove-tag" => ("UntagResource", vec![key(), ("TagKeys", json!([fields.exact("TagKey")]).to_string())]),
        _ => return None,
    };
    Some(Change::new(action, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each address is one action; what was typed is one value, whatever characters are in it.
    #[test]
    fn addresses_name_actions() {
        let fields = Fields::read(b"TagKey=a%22%2C&TagValue=%3C1%3E&AliasName=disks&RotationDays=30").unwrap();
        let change = |what: &str| change_of(what, "k", &fields).map(|change| change.written());
        for (what, action, parameters) in [
            ("enable", "EnableKey", "KeyId=k"),
            ("add-alias", "CreateAlias", "KeyId=k AliasName=alias/disks"),
            ("add-tag", "TagResource", r#"KeyId=k Tags=[{"TagKey":"a\",","TagValue":"<1>"}]"#),
            ("remove-tag", "UntagResource", r#"KeyId=k TagKeys=["a\","]"#),
            ("rotation-on", "UpdateRotationPolicy", "KeyId=k EnableAutomaticRotation=true RotationInterval=30d"),
            (
                "unprotect",
                "SetDeletionProtection",
                "KeyId=k EnableDeletionProtection=false DeletionProtectionDescription=",
            ),
        ] {
            assert_eq!(change(what), Some(format!("{action} {parameters}")));
        }
        assert_eq!(change("destroy"), None);
        let spaced = Fields::read(b"TagKey=+a+").unwrap();
        let removed = change_of("remove-tag", "k", &spaced).unwrap();
        assert_eq!(removed.parameters[1], ("TagKeys", r#"[" a "]"#.to_owned()));
    }
}
