//! `docs/api-coverage.md` says what the table says. `UPDATE=1` writes the file anew.

use std::path::Path;

use crate::installation::Installation;

#[test]
fn coverage_document_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/api-coverage.md");
    let table = api::table::<Installation>();
    let wanted = api::coverage::render(table.specs());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap();
    assert!(found == wanted, "docs/api-coverage.md is stale: UPDATE=1 cargo test -p api --test it coverage");
    assert!(wanted.contains("| KMS | DescribeRegions | signature only | – | – | – |"), "{wanted}");
    assert!(wanted.contains("| RAM | DeleteUser | `ram:DeleteUser` on `user/<UserName>` | **UserName** "), "{wanted}");
}

/// Parameters appear under what happens with them.
#[test]
fn parameters_are_listed_by_their_treatment() {
    let text = api::coverage::render(crate::actions::table().specs());
    assert!(
        text.contains(
            "| KMS | Encrypt | `kms:Encrypt` on `key/<id>` | **KeyId** (1–64 of `A-Za-z0-9-/:`); \
             **Plaintext** (text, 1–8192 characters); DryRun (true or false) | – | – |"
        ),
        "{text}"
    );
}
