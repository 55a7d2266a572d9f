//! Passwords for the console, as a client sees them.

use serde_json::json;

use crate::calls::{Client, Parameters, RAM, start};

const BOB: (&str, &str) = ("UserName", "bob");
const PASSWORD: (&str, &str) = ("Password", "Example_1234");

/// A password from its making to its end; no answer and no record of a call holds it.
#[tokio::test]
async fn a_login_profile_is_made_shown_changed_and_deleted() {
    let running = start().await;
    let root = Client::root(&running);
    let bob = root.hire("bob").await;
    let profile = |reset: bool| {
        json!({
            "UserName": "bob", "PasswordResetRequired": reset, "MFABindRequired": false,
            "CreateDate": "2026-11-25T12:06:44Z",
        })
    };
    let made = root.done(RAM, "CreateLoginProfile", &[BOB, PASSWORD, ("PasswordResetRequired", "True")]).await;
    assert_eq!(made["LoginProfile"], profile(true));
    let again = root.code(RAM, "CreateLoginProfile", &[BOB, PASSWORD]).await;
    assert_eq!(again, (409, "EntityAlreadyExists.User.LoginProfile".to_owned()));
    assert_eq!(root.done(RAM, "GetLoginProfile", &[BOB]).await["LoginProfile"], profile(true));

    // Without any policy: the old password is the right.
    let change = [("OldPassword", "Example_1234"), ("NewPassword", "Another-5678")];
    let changed = bob.done(RAM, "ChangePassword", &change).await;
    assert_eq!(changed.as_object().unwrap().len(), 1, "only the request id");
    assert_eq!(root.done(RAM, "GetLoginProfile", &[BOB]).await["LoginProfile"], profile(false));
    let update = [BOB, ("Password", "Third=91011"), ("MFABindRequired", "false")];
    assert_eq!(root.done(RAM, "UpdateLoginProfile", &update).await["LoginProfile"], profile(false));
    let old = bob.code(RAM, "ChangePassword", &change).await;
    assert_eq!(old, (400, "InvalidParameter.OldPassword.Incorrect".to_owned()));
    root.done(RAM, "DeleteLoginProfile", &[BOB]).await;
    for action in ["GetLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile"] {
        let gone = root.code(RAM, action, &[BOB]).await;
        assert_eq!(gone, (404, "EntityNotExist.User.LoginProfile".to_owned()), "{action}");
    }
    let journal = running.journal().join("\n");
    assert!(journal.contains("ChangePassword"), "{journal}");
    assert!(!["Example_1234", "Another-5678", "Third=91011"].iter().any(|word| journal.contains(word)), "{journal}");
}

/// Each broken parameter is refused by its own code.
#[tokio::test]
async fn broken_passwords_have_their_codes() {
    let running = start().await;
    let root = Client::root(&running);
    let weak = ("Password", "example");
    let cases: &[(&str, Parameters<'_>, u16, &str)] = &[
        ("CreateLoginProfile", &[BOB], 400, "MissingParameter"),
        ("CreateLoginProfile", &[BOB, weak], 400, "InvalidParameter.Password.TooWeak"),
        ("CreateLoginProfile", &[BOB, PASSWORD, ("MFABindRequired", "true")], 400, "UnsupportedParameter"),
        ("CreateLoginProfile", &[BOB, PASSWORD, ("PasswordResetRequired", "1")], 400, "InvalidParameter"),
        ("CreateLoginProfile", &[BOB, PASSWORD], 404, "EntityNotExist.User"),
        ("CreateLoginProfile", &[("UserName", "b/b"), PASSWORD], 400, "InvalidParameter.UserName.InvalidChars"),
        ("UpdateLoginProfile", &[BOB, weak], 400, "InvalidParameter.Password.TooWeak"),
        ("ChangePassword", &[("OldPassword", "x")], 400, "MissingParameter"),
        ("ChangePassword", &[("OldPassword", "x"), ("NewPassword", "x")], 400, "NotSupport.Account"),
    ];
    for (action, parameters, status, code) in cases {
        let found = root.code(RAM, action, parameters).await;
        assert_eq!(found, (*status, (*code).to_owned()), "{action} {parameters:?}");
    }
}
