//! What stands around an answer: request id, host, code, in the form of each product. Source: wire.md 7.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::errors::Refusal;
use crate::format::Format;
use crate::product::{Dialect, Product};
use crate::xml;

/// An answer, ready for the wire.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) format: Format,
    pub(crate) body: String,
    /// `Code` of an error.
    pub(crate) code: Option<&'static str>,
    /// What a dry run checked, for the header `x-reseal-checks`.
    pub(crate) checks: Option<String>,
}

/// The request id in the case of the product: lower in KMS, upper elsewhere.
pub(crate) fn request_id(dialect: Dialect, id: Uuid) -> String {
    match dialect {
        Dialect::Kms => id.hyphenated().to_string(),
        Dialect::Gateway => id.hyphenated().to_string().to_uppercase(),
    }
}

/// The answer to an action that was done. `fields`: an object, or null for an answer without fields. There is never a `Code`
/// at the top: one client takes that for an error.
pub(crate) fn success(product: Product, action: &str, format: Format, request_id: &str, mut fields: Value) -> Reply {
    fields["RequestId"] = request_id.into();
    let root = match product.dialect() {
        Dialect::Kms => "KMS".to_owned(),
        Dialect::Gateway => format!("{action}Response"),
    };
    Reply { status: 200, format, body: rendered(format, &root, &fields), code: None, checks: None }
}

/// The answer to a call that was refused or failed. `host`: as the client wrote it.
pub(crate) fn failure(dialect: Dialect, format: Format, request_id: &str, host: &str, refusal: &Refusal) -> Reply {
    let row = refusal.row();
    let mut fields = json!({ "RequestId": request_id, "Code": row.code, "Message": refusal.message() });
    let root = match dialect {
        Dialect::Kms => {
            fields["HttpStatus"] = row.status.into();
            "KMS"
        }
        Dialect::Gateway => {
            fields["HostId"] = host.into();
            fields["Recommend"] = format!("https://api.aliyun.com/troubleshoot?q={}", row.code).into();
            "Error"
        }
    };
    if let Some(detail) = refusal.access_denied_detail() {
        fields["AccessDeniedDetail"] = detail.clone();
    }
    let body = rendered(format, root, &fields);
    Reply { status: row.status, format, body, code: Some(row.code), checks: refusal.checks().map(str::to_owned) }
}

fn rendered(format: Format, root: &str, fields: &Value) -> String {
    match format {
        Format::Json => fields.to_string(),
        Format::Xml => xml::document(root, fields),
    }
}
