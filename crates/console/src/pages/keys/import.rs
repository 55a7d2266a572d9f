//! Bringing key material of one's own, in three steps: choose how it is wrapped, wrap it, hand it in.
//!
//! Nothing is kept between the steps: token and public key stand in the page that the first one answers, and come back with the form.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::civil::Date;
use jiff::tz::Offset;
use serde_json::Value;

use super::detail::describe;
use super::key::Key;
use super::openssl::{ALGORITHMS, Commands, pem};
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::{fill, texts};
use crate::shell::{Section, Shell};
use crate::shown::{Options, Time, choices, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the wizard.
    ImportTexts {
        title: "Import key material" | "导入密钥材料";
        keys: "Keys" | "密钥";
        step_choose: "1. Choose how the material is wrapped" | "1. 选择加密算法";
        step_wrap: "2. Wrap your material" | "2. 加密密钥材料";
        step_upload: "3. Upload it" | "3. 上传密钥材料";
        about: "Your material never travels unencrypted: it is encrypted on your machine under a public key that is made for this import." | "密钥材料不会以明文传输：请在本地使用为本次导入生成的公钥加密后再上传。";
        bytes: "This key takes exactly {} bytes of material." | "该密钥的密钥材料长度必须为 {} 字节。";
        algorithm: "Wrapping algorithm" | "加密算法";
        algorithm_hint: "RSAES_OAEP_SHA_256 is recommended. Take another only if your tools do not have it." | "推荐使用 RSAES_OAEP_SHA_256；仅当工具不支持时选择其他算法。";
        wrapping_spec: "Wrapping key spec" | "公钥规格";
        next: "Get the wrapping key and the import token" | "获取公钥和导入令牌";
        good_until: "Wrapping key and import token are good until" | "公钥和导入令牌有效期至";
        download_key: "Download the wrapping key (PEM)" | "下载公钥（PEM）";
        download_token: "Download the import token" | "下载导入令牌";
        save_key: "Save the wrapping key as a file" | "将公钥保存为文件";
        make: "Make random material, if you have none yet" | "生成随机密钥材料（如尚无）";
        keep: "Keep key_material.bin in a safe place: when the material expires or is deleted, only the same bytes can be imported again." | "请妥善保管 key_material.bin：密钥材料过期或删除后，只能重新导入相同的内容。";
        wrap: "Encrypt it under the wrapping key" | "使用公钥加密";
        encode: "Write it as base64" | "转换为 Base64";
        copy: "Copy" | "复制";
        copied: "Copied" | "已复制";
        material: "Encrypted material, in base64" | "加密后的密钥材料（Base64）";
        material_file: "or choose encrypted_material.bin" | "或选择 encrypted_material.bin 文件";
        token: "Import token" | "导入令牌";
        expires: "The material expires on" | "密钥材料过期日期";
        expires_hint: "Leave it empty for never. Otherwise the material is destroyed when this day begins in UTC." | "留空表示永不过期；否则将在该日零时（UTC）销毁密钥材料。";
        import: "Import" | "导入";
        cancel: "Cancel" | "取消";
        start_again: "Start again with another algorithm" | "重新选择算法";
        bad_date: "This is not a date." | "日期格式不正确。";
        bad_date_remedy: "Write it as 2027-12-31, or leave it empty." | "请按 2027-12-31 的格式填写，或留空。";
    }
}

/// Specs of wrapping keys. Source: kms.md 6.
const WRAPPING_SPECS: [&str; 2] = ["RSA_2048", "RSA_3072"];

#[derive(Template)]
#[template(path = "keys/import.html")]
struct ImportPage {
    shell: Shell,
    texts: &'static ImportTexts,
    key_id: String,
    bytes: String,
    trouble: Option<Trouble>,
    algorithms: Options,
    specs: Options,
    /// Once there are a key and a token.
    wrapping: Option<Wrapping>,
}

/// What the second and third step need, as it stands in their form.
struct Wrapping {
    algorithm: String,
    spec: String,
    public_key: String,
    token: String,
    good_until: Time,
    commands: Commands,
    material: String,
    expires: String,
}

pub(super) async fn begin(visit: Visit, Path((_, id)): Path<(String, String)>) -> Response {
    let page = look(&visit, &id, &Fields::default(), None).await;
    visit.show(Section::Keys, page)
}

/// `GetParametersForImport`. Its answer is the page itself: it is kept nowhere that a redirect could lead to.
pub(super) async fn parameters(Path((_, id)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let (algorithm, spec) = (fields.get("WrappingAlgorithm"), fields.get("WrappingKeySpec"));
    let asked = [("KeyId", id.as_str()), ("WrappingAlgorithm", algorithm), ("WrappingKeySpec", spec)];
    let answer = visit.call(Product::Kms, "GetParametersForImport", &asked).await;
    let page = async {
        let (answer, key) = (answer?, describe(&visit, &id).await?);
        let wrapping = Wrapping::made(&answer, &fields, material_bytes(&key));
        Ok(page(&visit, &key, &fields, None, wrapping))
    };
    match page.await {
        Ok(page) => rendered(StatusCode::OK, &page),
        Err(refusal) => again(&visit, &id, &Fields::default(), &refusal).await,
    }
}

/// `ImportKeyMaterial`.
pub(super) async fn material(Path((_, id)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let Some(expires) = expiry(fields.get("expires")) else {
        let texts = ImportTexts::of(visit.language);
        let trouble = Trouble::of_form(visit.language, texts.bad_date, texts.bad_date_remedy);
        return match look(&visit, &id, &fields, Some(trouble)).await {
            Ok(page) => rendered(StatusCode::UNPROCESSABLE_ENTITY, &page),
            Err(refusal) => visit.trouble(Section::Keys, &refusal),
        };
    };
    let (material, expires) = (without_spaces(fields.get("EncryptedKeyMaterial")), expires.to_string());
    let asked = [
        ("KeyId", id.as_str()),
        ("EncryptedKeyMaterial", &material),
        ("ImportToken", fields.get("ImportToken")),
        ("KeyMaterialExpireUnix", &expires),
    ];
    match visit.call(Product::Kms, "ImportKeyMaterial", &asked).await {
        Ok(_) => visit.go(format_args!("keys/{id}")),
        Err(refusal) => again(&visit, &id, &fields, &refusal).await,
    }
}

/// The wrapping key or the token as a file: what stands in the form comes back as one.
pub(super) async fn file(Path((_, _)): Path<(String, String)>, posted: Posted) -> Response {
    let Posted { visit, fields } = posted;
    let (name, content) = match fields.get("file") {
        "wrapping-key" => ("wrapping_key.pem", pem(fields.get("content"))),
        "import-token" => ("import_token.b64", without_spaces(fields.get("content"))),
        _ => return visit.not_found(),
    };
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, content).into_response()
}

async fn again(visit: &Visit, id: &str, fields: &Fields, refusal: &Refusal) -> Response {
    let page = look(visit, id, fields, Some(visit.told(refusal))).await;
    visit.answer(Section::Keys, page, Some(refusal))
}

/// The wizard as far as a form had come.
async fn look(visit: &Visit, id: &str, fields: &Fields, trouble: Option<Trouble>) -> Result<ImportPage, Refusal> {
    let key = describe(visit, id).await?;
    let wrapping = Wrapping::sent(fields, material_bytes(&key));
    Ok(page(visit, &key, fields, trouble, wrapping))
}

fn page(visit: &Visit, key: &Key, fields: &Fields, trouble: Option<Trouble>, wrapping: Option<Wrapping>) -> ImportPage {
    let texts = ImportTexts::of(visit.language);
    ImportPage {
        shell: visit.shell(Section::Keys),
        texts,
        key_id: key.id.clone(),
        bytes: fill(texts.bytes, &[&material_bytes(key)]),
        trouble,
        algorithms: choices(ALGORITHMS.map(|(name, _)| (name, name)), fields.get("WrappingAlgorithm")),
        specs: choices(WRAPPING_SPECS.map(|spec| (spec, spec)), fields.get("WrappingKeySpec")),
        wrapping,
    }
}

/// Of a key that takes none, the API says so in the first step.
fn material_bytes(key: &Key) -> usize {
    key.material_bytes().unwrap_or(0)
}

impl Wrapping {
    /// From an answer, for what was asked.
    fn made(answer: &Value, fields: &Fields, material_bytes: usize) -> Option<Self> {
        let (algorithm, public_key) = (fields.get("WrappingAlgorithm"), text(answer, "PublicKey"));
        Some(Self {
            commands: Commands::of(algorithm, &public_key, material_bytes)?,
            algorithm: algorithm.to_owned(),
            spec: fields.get("WrappingKeySpec").to_owned(),
            public_key,
            token: text(answer, "ImportToken"),
            good_until: Time::of(answer, "TokenExpireTime"),
            material: String::new(),
            expires: String::new(),
        })
    }

    /// From a form that was sent; `None` if it had none yet.
    fn sent(fields: &Fields, material_bytes: usize) -> Option<Self> {
        let field = |name| fields.get(name).to_owned();
        let at = serde_json::json!({ "TokenExpireTime": fields.get("TokenExpireTime") });
        Some(Self {
            commands: Commands::of(fields.get("WrappingAlgorithm"), fields.get("PublicKey"), material_bytes)?,
            algorithm: field("WrappingAlgorithm"),
            spec: field("WrappingKeySpec"),
            public_key: field("PublicKey"),
            token: field("ImportToken"),
            good_until: Time::of(&at, "TokenExpireTime"),
            material: field("EncryptedKeyMaterial"),
            expires: field("expires"),
        })
    }
}

/// `KeyMaterialExpireUnix` of a date: when it begins in UTC; 0 for none. `None` if it is not a date.
fn expiry(date: &str) -> Option<i64> {
    if date.is_empty() {
        return Some(0);
    }
    let date: Date = date.parse().ok()?;
    Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok().map(jiff::Timestamp::as_second)
}

/// Base64 may come in lines.
fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A day begins in UTC; no date is never; anything else is told.
    #[test]
    fn expiry_is_a_day_or_never() {
        assert_eq!((expiry(""), expiry("2027-01-01")), (Some(0), Some(1_798_761_600)));
        for bad in ["soon", "2027-13-01", "99999-01-01", "2027-01-01x"] {
            assert_eq!(expiry(bad), None, "{bad}");
        }
        assert_eq!(without_spaces("AAAA\r\nBBBB \n"), "AAAABBBB");
    }

    /// What a form brings back is what stood in it, so a refused import loses nothing.
    #[test]
    fn the_token_survives_in_the_form() {
        let body = b"WrappingAlgorithm=RSAES_OAEP_SHA_1&PublicKey=AAAA&ImportToken=dG9r&EncryptedKeyMaterial=eHg%3D&expires=2027-01-01";
        let wrapping = Wrapping::sent(&Fields::read(body).unwrap(), 32).unwrap();
        assert_eq!(
            (wrapping.token.as_str(), wrapping.material.as_str(), wrapping.expires.as_str()),
            ("dG9r", "eHg=", "2027-01-01")
        );
        assert!(Wrapping::sent(&Fields::default(), 32).is_none());
    }
}
