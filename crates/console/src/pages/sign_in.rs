//! Signing in, with a password or an access key, and out.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use crypto::Secret;
use ram::{SignIn, SignInError};
use serde::Deserialize;

use crate::form::{Fields, Posted};
use crate::language::{Language, fill, texts};
use crate::shared::Shared;
use crate::trouble::unavailable;
use crate::visit::{SESSION_COOKIE, facts, form_urlencoded, rendered};
use crate::{Visitor, assets, cookies};

texts! {
    /// Texts of the sign-in page.
    SignInTexts {
        title: "Sign in" | "登录";
        product: "Encrypted image service" | "镜像加密服务";
        with_password: "Account and password" | "账号与密码";
        with_access_key: "Access key" | "访问密钥";
        account: "Account ID" | "账号 ID";
        account_hint: "Its 16 digits, which the server printed when it first started, or its name" | "16 位数字（服务器首次启动时已显示）或账号名称";
        user: "User name" | "用户名";
        user_hint: "Leave empty to sign in as the account itself" | "留空则以主账号登录";
        password: "Password" | "密码";
        access_key_id: "AccessKey ID" | "AccessKey ID";
        access_key_secret: "AccessKey secret" | "AccessKey Secret";
        no_password: "No password yet? Sign in with the access key that the server showed at its first start, or set one with" | "尚未设置密码？可使用服务器首次启动时显示的访问密钥登录，或用以下命令设置密码：";
        wrong: "Account, user name and password, or the access key, are wrong." | "账号、用户名与密码或访问密钥不正确。";
        temporary: "A temporary access key is for programs. Sign in with a password or an access key of your own." | "临时访问密钥仅供程序使用，请使用密码或您自己的访问密钥登录。";
        wait: "Too many attempts. Wait {} seconds and try again." | "尝试次数过多，请等待 {} 秒后重试。";
        failed: "The server cannot check this at the moment. Try again soon." | "服务器暂时无法验证，请稍后重试。";
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    language: Language,
    texts: &'static SignInTexts,
    trouble: String,
    to: String,
    /// This page, with where to go on to.
    here: String,
    /// What was typed, but for secrets.
    account: String,
    user: String,
    access_key_id: String,
    style: String,
    script: String,
    icon: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    to: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/{region}/sign-out", post(sign_out))
}

async fn form(headers: HeaderMap, Query(asked): Query<Asked>) -> Response {
    rendered(StatusCode::OK, &page(Language::of(&headers), &asked.to, &Fields::default(), String::new()))
}

async fn sign_in(
    State(shared): State<Arc<Shared>>,
    Extension(visitor): Extension<Visitor>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let language = Language::of(&headers);
    let fields = Fields::read(&body).unwrap_or_default();
    let secret = |name| Secret::copy_of(fields.exact(name).as_bytes());
    let (access_key_secret, password) = (secret("access_key_secret"), secret("password"));
    let who = match fields.get("access_key_id") {
        "" => SignIn::Password {
            account: fields.get("account"),
            user: Some(fields.get("user")).filter(|user| !user.is_empty()),
            password: &password,
        },
        id => SignIn::AccessKey { id, secret: &access_key_secret },
    };
    match shared.ram.sign_in(who, &facts(&shared, visitor)).await {
        Ok(token) => {
            end_earlier(&shared, visitor, &headers).await;
            let cookie = cookies::set(SESSION_COOKIE, token.expose(), None, visitor.secure_transport);
            ([(SET_COOKIE, cookie)], Redirect::to(local(fields.get("to")))).into_response()
        }
        Err(error) => {
            let texts = SignInTexts::of(language);
            let (status, trouble) = match error {
                SignInError::Refused => (StatusCode::UNAUTHORIZED, texts.wrong.to_owned()),
                SignInError::TemporaryKey => (StatusCode::UNAUTHORIZED, texts.temporary.to_owned()),
                SignInError::TooManyAttempts { wait_s } => {
                    (StatusCode::TOO_MANY_REQUESTS, fill(texts.wait, &[&wait_s]))
                }
                SignInError::Failed(error) => {
                    tracing::error!(%error, "somebody cannot be signed in");
                    (StatusCode::SERVICE_UNAVAILABLE, texts.failed.to_owned())
                }
            };
            rendered(status, &page(language, fields.get("to"), &fields, trouble))
        }
    }
}

/// The session that the browser forgets with its new cookie. It would end by itself, later: that it cannot be ended now stops nobody.
async fn end_earlier(shared: &Shared, visitor: Visitor, headers: &HeaderMap) {
    if let Some(earlier) = cookies::value(headers, SESSION_COOKIE)
        && let Err(error) = shared.ram.sign_out(&earlier, &facts(shared, visitor)).await
    {
        tracing::warn!(%error, "an earlier session is not ended");
    }
}

async fn sign_out(State(shared): State<Arc<Shared>>, headers: HeaderMap, posted: Posted) -> Response {
    if let Some(token) = cookies::value(&headers, SESSION_COOKIE)
        && let Err(error) = shared.ram.sign_out(&token, &facts(&shared, posted.visit.visitor)).await
    {
        tracing::error!(%error, "a session cannot be ended");
        return unavailable(posted.visit.language).map(Body::from);
    }
    let cookie =
        cookies::set(SESSION_COOKIE, "", Some(std::time::Duration::ZERO), posted.visit.visitor.secure_transport);
    ([(SET_COOKIE, cookie)], Redirect::to("/console/sign-in")).into_response()
}

fn page(language: Language, to: &str, fields: &Fields, trouble: String) -> SignInPage {
    SignInPage {
        language,
        texts: SignInTexts::of(language),
        trouble,
        to: local(to).to_owned(),
        here: format!("/console/sign-in?{}", form_urlencoded(&[("to", local(to))])),
        account: fields.get("account").to_owned(),
        user: fields.get("user").to_owned(),
        access_key_id: fields.get("access_key_id").to_owned(),
        style: assets::style(),
        script: assets::script(),
        icon: assets::icon(),
    }
}

/// `to` if it is a page of the console, else the first page: nobody is sent elsewhere by an address that somebody gave them.
pub(super) fn local(to: &str) -> &str {
    let is_ours = to.starts_with("/console/") && !to.contains(['\\', '\r', '\n']) && to.is_ascii();
    if is_ours { to } else { "/console/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    /// Only pages of the console are gone to.
    #[test]
    fn redirects_stay_here() {
        assert_eq!(local("/console/cn-hangzhou/images?x=1"), "/console/cn-hangzhou/images?x=1");
        for elsewhere in
            ["", "/", "//evil.example", "https://evil.example", "/consolex", "/console/\r\nA: b", "/\\evil.example"]
        {
            assert_eq!(local(elsewhere), "/console/", "{elsewhere}");
        }
    }
}
