//! Disabling a key, deleting it, deleting its material: each says first what stops working, and wants to hear that it was read.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::detail::describe;
use super::key::Key;
use super::usage::Usage;
use crate::calls::{Product, Refusal};
use crate::form::{Fields, Posted};
use crate::language::texts;
use crate::shell::{Section, Shell};
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the forms.
    DangerTexts {
        keys: "Keys" | "密钥";
        disable_title: "Disable the key" | "禁用密钥";
        disable_about: "A disabled key opens nothing: encrypted images cannot be copied, and instances with encrypted disks do not start, until it is enabled again. Instances that run go on until they stop." | "密钥禁用后无法解密：加密镜像不能复制，使用加密磁盘的实例不能启动，直至重新启用。运行中的实例不受影响，停止后将无法再次启动。";
        delete_title: "Schedule key deletion" | "计划删除密钥";
        delete_about: "From now on the key opens nothing. When the waiting time is over its material is destroyed, and whatever is encrypted under it is lost for ever. Until then the deletion can be called off." | "密钥立即不可用。等待期结束后密钥材料将被销毁，用其加密的数据将永久无法恢复。等待期内可取消删除。";
        material_title: "Delete the key material" | "删除密钥材料";
        material_about: "At once, without a waiting time. What is encrypted under the key does not open until the same material is imported again: whoever does not have it any more loses all of it." | "立即生效，无等待期。重新导入相同的密钥材料之前，用该密钥加密的数据无法解密；如未保留原始密钥材料，数据将永久丢失。";
        uses: "What stops working" | "受影响的资源";
        window: "Waiting time in days (7 to 366)" | "等待期（天，7 至 366）";
        confirm: "Type the key ID to confirm" | "输入密钥 ID 以确认";
        force: "I know that all of this stops working." | "我了解上述资源将无法使用。";
        force_lost: "I know that all of this will be lost." | "我了解上述资源的数据将永久丢失。";
        disable: "Disable" | "确认禁用";
        delete: "Schedule deletion" | "确认计划删除";
        delete_material: "Delete the material" | "确认删除密钥材料";
        cancel: "Cancel" | "取消";
        wrong_id: "What was typed is not the ID of this key. Nothing was done." | "输入的内容与密钥 ID 不一致，未执行任何操作。";
        wrong_id_remedy: "Copy the key ID that stands below the field." | "请复制输入框下方的密钥 ID。";
    }
}

/// Waiting time that the form proposes: the vendor's console does, too. Source: kms.md 1.
const WINDOW_DAYS: &str = "30";

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Danger {
    Disable,
    Delete,
    DeleteMaterial,
}

impl Danger {
    /// The last part of its address.
    fn path(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Delete => "delete",
            Self::DeleteMaterial => "delete-material",
        }
    }

    /// Whether the key's ID has to be typed: where what it does cannot simply be taken back.
    fn wants_id(self) -> bool {
        self != Self::Disable
    }

    /// Title, what it does, and the words on its button.
    fn words(self, texts: &DangerTexts) -> [&'static str; 3] {
        match self {
            Self::Disable => [texts.disable_title, texts.disable_about, texts.disable],
            Self::Delete => [texts.delete_title, texts.delete_about, texts.delete],
            Self::DeleteMaterial => [texts.material_title, texts.material_about, texts.delete_material],
        }
    }

    /// The box to tick for a key that something is under. The API asks for none before it deletes material.
    fn force_words(self, texts: &DangerTexts) -> Option<&'static str> {
        match self {
            Self::Disable => Some(texts.force),
            Self::Delete => Some(texts.force_lost),
            Self::DeleteMaterial => None,
        }
    }
}

#[derive(Template)]
#[template(path = "keys/danger.html")]
struct DangerPage {
    shell: Shell,
    texts: &'static DangerTexts,
    danger: Danger,
    title: &'static str,
    about: &'static str,
    button: &'static str,
    key: Key,
    trouble: Option<Trouble>,
    usage: Usage,
    window: String,
    typed: String,
}

pub(super) async fn disable_form(visit: Visit, Path((_, id)): Path<(String, String)>) -> Response {
    form(&visit, &id, Danger::Disable).await
}

pub(super) async fn delete_form(visit: Visit, Path((_, id)): Path<(String, String)>) -> Response {
    form(&visit, &id, Danger::Delete).await
}

pub(super) async fn delete_material_form(visit: Visit, Path((_, id)): Path<(String, String)>) -> Response {
    form(&visit, &id, Danger::DeleteMaterial).await
}

async fn form(visit: &Visit, id: &str, danger: Danger) -> Response {
    let page = look(visit, id, (danger, &Fields::default()), None).await;
    visit.show(Section::Keys, page)
}

pub(super) async fn disable(Path((_, id)): Path<(String, String)>, posted: Posted) -> Response {
    let parameters = [("KeyId", id.as_str()), ("Force", force(&posted.fields))];
    carry_out(&posted, (&id, Danger::Disable), "DisableKey", &parameters).await
}

pub(super) async fn delete(Path((_, id)): Path<(String, String)>, posted: Posted) -> Response {
    let fields = &posted.fields;
    let window = fields.get("PendingWindowInDays");
    let parameters = [("KeyId", id.as_str()), ("PendingWindowInDays", window), ("Force", force(fields))];
    carry_out(&posted, (&id, Danger::Delete), "ScheduleKeyDeletion", &parameters).await
}

pub(super) async fn delete_material(Path((_, id)): Path<(String, String)>, posted: Posted) -> Response {
    carry_out(&posted, (&id, Danger::DeleteMaterial), "DeleteKeyMaterial", &[("KeyId", &id)]).await
}

async fn carry_out(
    Posted { visit, fields }: &Posted,
    (id, danger): (&str, Danger),
    action: &'static str,
    parameters: &[(&str, &str)],
) -> Response {
    if danger.wants_id() && fields.get("confirm") != id {
        let texts = DangerTexts::of(visit.language);
        let trouble = Trouble::of_form(visit.language, texts.wrong_id, texts.wrong_id_remedy);
        return again(visit, id, (danger, fields), (StatusCode::UNPROCESSABLE_ENTITY, trouble)).await;
    }
    match visit.call(Product::Kms, action, parameters).await {
        Ok(_) => visit.go(format_args!("keys/{id}")),
        Err(refusal) => again(visit, id, (danger, fields), (refusal.http_status(), visit.told(&refusal))).await,
    }
}

/// Without it, a key that something is under is refused.
fn force(fields: &Fields) -> &'static str {
    if fields.is_on("Force") { "true" } else { "false" }
}

/// The form once more, with what was typed.
async fn again(visit: &Visit, id: &str, form: (Danger, &Fields), (status, trouble): (StatusCode, Trouble)) -> Response {
    match look(visit, id, form, Some(trouble)).await {
        Ok(page) => rendered(status, &page),
        Err(other) => visit.trouble(Section::Keys, &other),
    }
}

async fn look(
    visit: &Visit,
    id: &str,
    (danger, fields): (Danger, &Fields),
    trouble: Option<Trouble>,
) -> Result<DangerPage, Refusal> {
    let key = describe(visit, id).await?;
    let texts = DangerTexts::of(visit.language);
    let [title, about, button] = danger.words(texts);
    let here = format!("keys/{}/{}", key.id, danger.path());
    let window = Some(fields.get("PendingWindowInDays")).filter(|days| !days.is_empty()).unwrap_or(WINDOW_DAYS);
    Ok(DangerPage {
        shell: visit.shell(Section::Keys),
        texts,
        danger,
        title,
        about,
        button,
        trouble,
        usage: Usage::look(visit, &key.id, here).await?,
        window: window.to_owned(),
        typed: fields.get("confirm").to_owned(),
        key,
    })
}
