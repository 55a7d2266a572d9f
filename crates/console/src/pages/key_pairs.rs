//! Key pairs: SSH keys that instances are given by name.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};

use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::once::{Made, Unmade};
use crate::pages::confirm::{self, Deletion};
use crate::paging::{Numbered, Paging, WHOLE_PAGE};
use crate::shared::Shared;
use crate::shell::{Section, Shell};
use crate::shown::{Time, list as entries, text};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of both pages.
    KeyPairTexts {
        title: "Key pairs" | "密钥对";
        about: "SSH keys. An instance is given one by name; its guest learns of it only when the image brings the public key." | "SSH 密钥。创建实例时可按名称绑定；镜像中已有对应公钥时方可登录。";
        name: "Name" | "名称";
        fingerprint: "Fingerprint" | "指纹";
        created: "Created" | "创建时间";
        actions: "Actions" | "操作";
        delete: "Delete" | "删除";
        none: "There is no key pair yet." | "暂无密钥对。";
        create: "Create a key pair" | "创建密钥对";
        create_hint: "The private key is shown once, and is not kept." | "私钥仅显示一次，服务器不保存。";
        create_now: "Create" | "创建";
        import: "Import a public key" | "导入公钥";
        public_key: "Public key" | "公钥";
        public_key_hint: "A line as in ~/.ssh/id_ed25519.pub or id_rsa.pub." | "单行公钥，如 ~/.ssh/id_ed25519.pub 或 id_rsa.pub 的内容。";
        import_now: "Import" | "导入";
        private_title: "The new private key" | "新的私钥";
        private_once: "Save it now, in a file with mode 0600: it is not shown again, and nobody can look it up." | "请立即将私钥保存到权限为 0600 的文件中：此后无法再次查看。";
        copy: "Copy" | "复制";
        copied: "Copied" | "已复制";
        back: "Back to the key pairs" | "返回密钥对列表";
    }
}

#[derive(Template)]
#[template(path = "key_pairs/list.html")]
struct KeyPairs {
    shell: Shell,
    texts: &'static KeyPairTexts,
    trouble: Option<Trouble>,
    rows: Vec<Row>,
    paging: Paging,
    /// What was typed into the form that was refused.
    fields: Fields,
    /// Of the forms that make a pair.
    token: String,
}

struct Row {
    name: String,
    fingerprint: String,
    created: Time,
}

/// The one page that shows a private key. No redirect leads to it; only the form that made the pair shows it again, for a moment.
#[derive(Template)]
#[template(path = "key_pairs/private.html")]
struct Private {
    shell: Shell,
    texts: &'static KeyPairTexts,
    made: Made,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/key-pairs", get(list))
        .route("/key-pairs/create", post(create))
        .route("/key-pairs/import", post(import))
        .route("/key-pairs/delete", post(delete))
}

async fn list(visit: Visit) -> Response {
    let page = look(&visit, Fields::default(), None).await;
    visit.show(Section::KeyPairs, page)
}

async fn create(Posted { visit, fields }: Posted) -> Response {
    let name = fields.get("KeyPairName");
    let make = async {
        let answer = visit.call(Product::Ecs, "CreateKeyPair", &[("KeyPairName", name)]).await?;
        Ok(Made::with_secret(text(&answer, "KeyPairName"), &text(&answer, "PrivateKeyBody")))
    };
    match visit.once(&fields, make).await {
        Ok(made) => {
            let (shell, texts) = (visit.shell(Section::KeyPairs), KeyPairTexts::of(visit.language));
            rendered(StatusCode::OK, &Private { shell, texts, made })
        }
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => {
            refused(&visit, Fields::from_iter([("created", name.to_owned())]), &refusal).await
        }
    }
}

async fn import(Posted { visit, fields }: Posted) -> Response {
    let pair = fields.given(&["KeyPairName", "PublicKeyBody"]);
    let make = async { visit.call(Product::Ecs, "ImportKeyPair", &pair).await.map(|_| Made::plain(String::new())) };
    match visit.once(&fields, make).await {
        Ok(_) => visit.go("key-pairs"),
        Err(Unmade::SentBefore) => visit.sent_before(),
        Err(Unmade::Refused(refusal)) => refused(&visit, fields, &refusal).await,
    }
}

async fn delete(Posted { visit, fields }: Posted) -> Response {
    let name = fields.get("KeyPairName");
    if let Some(question) = confirm::ask(&visit, Section::KeyPairs, (Deletion::KeyPair, name), &fields, "key-pairs") {
        return question;
    }
    let names = json!([name]).to_string();
    match visit.call(Product::Ecs, "DeleteKeyPairs", &[("KeyPairNames", &names)]).await {
        Ok(_) => visit.go("key-pairs"),
        Err(refusal) => refused(&visit, Fields::default(), &refusal).await,
    }
}

/// The list again, with what stood in the way and what was typed.
async fn refused(visit: &Visit, typed: Fields, refusal: &Refusal) -> Response {
    let page = look(visit, typed, Some(refusal)).await;
    visit.answer(Section::KeyPairs, page, Some(refusal))
}

async fn look(visit: &Visit, fields: Fields, refusal: Option<&Refusal>) -> Result<KeyPairs, Refusal> {
    let texts = KeyPairTexts::of(visit.language);
    let part = Numbered::asked(visit, WHOLE_PAGE).call(visit, Product::Ecs, "DescribeKeyPairs", &[]).await?;
    Ok(KeyPairs {
        shell: visit.shell(Section::KeyPairs),
        texts,
        trouble: refusal.map(|refusal| visit.told(refusal)),
        rows: entries(&part.answer, "KeyPairs", "KeyPair").iter().map(row).collect(),
        paging: part.line(visit, texts.title, ("key-pairs", &[])),
        token: visit.form_token(&Fields::default()),
        fields,
    })
}

fn row(pair: &Value) -> Row {
    Row {
        name: text(pair, "KeyPairName"),
        fingerprint: text(pair, "KeyPairFingerPrint"),
        created: Time::of(pair, "CreationTime"),
    }
}
