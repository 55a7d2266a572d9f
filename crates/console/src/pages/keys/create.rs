//! Makes a key.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::key::KeyWords;
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::shell::{Section, Shell};
use crate::shown::{Options, choices, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the form.
    CreateTexts {
        title: "Create a key" | "创建密钥";
        keys: "Keys" | "密钥";
        spec: "Key spec" | "密钥规格";
        spec_hint: "Images and disks are encrypted under symmetric keys: Aliyun_AES_256 or Aliyun_SM4." | "镜像和磁盘加密使用对称密钥：Aliyun_AES_256 或 Aliyun_SM4。";
        usage: "Usage" | "密钥用途";
        usage_default: "Default of the spec" | "规格的默认用途";
        origin: "Key material" | "密钥材料来源";
        origin_here: "Made by KMS" | "由 KMS 生成";
        origin_here_hint: "Random, and never leaves the service unencrypted." | "随机生成，不会以明文形式离开服务。";
        origin_external: "My own (BYOK)" | "外部导入（BYOK）";
        origin_external_hint: "The key is made empty; the next page takes your material." | "先创建空密钥，下一步导入您的密钥材料。";
        alias: "Alias" | "别名";
        alias_hint: "A name for people and programs: letters, digits, hyphen, underscore and slash, after alias/." | "便于识别和调用的名称，以 alias/ 开头，可含字母、数字、连字符、下划线和斜线。";
        description: "Description" | "描述";
        rotation: "Rotate automatically" | "自动轮转";
        rotation_hint: "Only for symmetric keys that KMS makes. What was encrypted before still opens." | "仅支持由 KMS 生成的对称密钥。轮转前加密的数据仍可解密。";
        interval: "Days between rotations (7 to 730)" | "轮转周期（天，7 至 730）";
        create: "Create" | "创建";
        cancel: "Cancel" | "取消";
    }
}

/// Specs, in the order of the documentation; the first is the usual one.
const SPECS: [&str; 6] = ["Aliyun_AES_256", "Aliyun_SM4", "RSA_2048", "RSA_3072", "EC_P256", "EC_P256K"];

/// What an alias begins with.
const ALIAS_PREFIX: &str = "alias/";

/// Days between rotations that the form proposes.
const INTERVAL_DAYS: &str = "365";

#[derive(Template)]
#[template(path = "keys/create.html")]
struct CreatePage {
    shell: Shell,
    texts: &'static CreateTexts,
    trouble: Option<Trouble>,
    specs: Options,
    usages: Options,
    is_external: bool,
    interval: String,
    fields: Fields,
    token: String,
}

pub(super) async fn form(visit: Visit) -> Response {
    rendered(StatusCode::OK, &page(&visit, Fields::default(), None))
}

pub(super) async fn create(posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    match visit.once(&fields, make(&visit, &fields)).await {
        Ok(made) => visit.go(made.name),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => rendered(refusal.http_status(), &page(&visit, fields, Some(&refusal))),
    }
}

/// Makes the key and its alias. Answers where to go then.
async fn make(visit: &Visit, fields: &Fields) -> Result<Made, Refusal> {
    let mut parameters = fields.given(&["KeySpec", "KeyUsage", "Origin", "Description"]);
    let interval = format!("{}d", fields.get("RotationDays"));
    if fields.is_on("EnableAutomaticRotation") {
        parameters.extend([("EnableAutomaticRotation", "true"), ("RotationInterval", &interval)]);
    }
    let answer = visit.call(Product::Kms, "CreateKey", &parameters).await?;
    let id = text(&answer["KeyMetadata"], "KeyId");
    let next = if fields.get("Origin") == "EXTERNAL" { "/import" } else { "" };
    let Some(alias) = alias(fields.get("AliasName")) else {
        return Ok(Made::plain(format!("keys/{id}{next}")));
    };
    // The key is there, whatever comes of its name: its page says what was wrong with it.
    match visit.call(Product::Kms, "CreateAlias", &[("AliasName", &alias), ("KeyId", &id)]).await {
        Ok(_) => Ok(Made::plain(format!("keys/{id}{next}"))),
        Err(refusal) => Ok(Made::plain(format!("keys/{id}?alias_refused={}", refusal.code))),
    }
}

/// The alias that was typed, with its prefix; `None` for none.
pub(super) fn alias(typed: &str) -> Option<String> {
    match typed.trim_start_matches(ALIAS_PREFIX) {
        "" => None,
        name => Some(format!("{ALIAS_PREFIX}{name}")),
    }
}

fn page(visit: &Visit, fields: Fields, refused: Option<&Refusal>) -> CreatePage {
    let (texts, words) = (CreateTexts::of(visit.language), KeyWords::of(visit.language));
    let usages = [("", texts.usage_default), ("ENCRYPT/DECRYPT", words.encrypts), ("SIGN/VERIFY", words.signs)];
    let interval = Some(fields.get("RotationDays")).filter(|days| !days.is_empty()).unwrap_or(INTERVAL_DAYS);
    CreatePage {
        shell: visit.shell(Section::Keys),
        texts,
        trouble: refused.map(|refusal| visit.told(refusal)),
        token: visit.form_token(&fields),
        specs: choices(SPECS.map(|spec| (spec, spec)), fields.get("KeySpec")),
        usages: choices(usages, fields.get("KeyUsage")),
        is_external: fields.get("Origin") == "EXTERNAL",
        interval: interval.to_owned(),
        fields,
    }
}

#[cfg(test)]
mod tests {
    use super::alias;

    /// The prefix may be typed or not; an alias of nothing is none.
    #[test]
    fn an_alias_has_its_prefix_once() {
        for (typed, wanted) in [("", None), ("alias/", None), ("a/b", Some("alias/a/b")), ("alias/a", Some("alias/a"))]
        {
            assert_eq!(alias(typed).as_deref(), wanted, "{typed}");
        }
    }
}
