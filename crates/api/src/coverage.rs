//! `docs/api-coverage.md`, made from the action table and the error table. `tests/it/coverage.rs` compares and writes the file.

use std::fmt::Write;

use crate::action::{Permission, Spec};
use crate::errors::TABLE;
use crate::parameters::{Declares, Treatment};
use crate::product::Product;

/// What stands before the tables: the parts that no table knows.
const PREFACE: &str = include_str!("coverage/preface.md");

/// The whole file for these actions.
#[must_use]
pub fn render<'a>(specs: impl IntoIterator<Item = &'a Spec>) -> String {
    let mut text = PREFACE.to_owned();
    text.push_str("\n## Actions on the wire\n\n");
    text.push_str("| product | action | permission | honoured (**required**) | accepted and ignored | refused |\n");
    text.push_str("|---|---|---|---|---|---|\n");
    for spec in specs {
        action(&mut text, spec);
    }
    text.push_str("\n## Error codes\n\n| status | code | products | message | source |\n|---|---|---|---|---|\n");
    for row in TABLE {
        let products = row.products.iter().map(|product| product_name(*product)).collect::<Vec<_>>().join(", ");
        line(&mut text, &[&row.status.to_string(), &format!("`{}`", row.code), &products, row.message, row.source]);
    }
    text
}

fn action(text: &mut String, spec: &Spec) {
    let permission = match spec.permission {
        Permission::SignatureOnly => "signature only".to_owned(),
        Permission::On { action, resource } => format!("`{action}` on `{resource}`"),
    };
    let listed = |wanted: &[Treatment]| match spec
        .parameters
        .iter()
        .filter_map(|one| described(*one, wanted))
        .collect::<Vec<_>>()
    {
        none if none.is_empty() => "–".to_owned(),
        some => some.join("; "),
    };
    line(
        text,
        &[
            product_name(spec.product),
            spec.name,
            &permission,
            &listed(&[Treatment::Required, Treatment::Honoured]),
            &listed(&[Treatment::Ignored]),
            &listed(&[Treatment::Refused]),
        ],
    );
}

fn described(parameter: &dyn Declares, wanted: &[Treatment]) -> Option<String> {
    let declared = parameter.declared();
    let name = if declared.treatment == Treatment::Required {
        format!("**{}**", declared.name)
    } else {
        declared.name.to_owned()
    };
    let kind = if declared.kind.is_empty() { String::new() } else { format!(" ({})", declared.kind) };
    wanted.contains(&declared.treatment).then(|| name + &kind)
}

fn product_name(product: Product) -> &'static str {
    match product {
        Product::Ecs => "ECS",
        Product::Kms => "KMS",
        Product::Ram => "RAM",
        Product::Sts => "STS",
        Product::Vpc => "VPC",
        Product::Location => "Location",
    }
}

fn line(text: &mut String, cells: &[&str]) {
    for cell in cells {
        write!(text, "| {} ", cell.replace('|', "\\|")).expect("writing to a string does not fail");
    }
    text.push_str("|\n");
}
