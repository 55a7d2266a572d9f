//! What went wrong, in the visitor's words: what it is, what to do about it, and the code and message of the API as a detail.

mod remedies;

use askama::Template;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Response, StatusCode};

use crate::assets;
use crate::calls::Refusal;
use crate::language::{Language, fill, texts};
use crate::shell::Shell;

texts! {
    /// Texts around an error, and of errors that are none of the API.
    TroubleTexts {
        what_to_do: "What to do:" | "解决办法：";
        request: "Request" | "请求 ID";
        overview: "Go to the overview" | "前往概览";
        missing_right: "Ask an administrator of the account for the right {} on {}." | "请联系账号管理员授予权限 {}（资源 {}）。";
        refused: "The server refused this." | "服务器拒绝了该请求。";
        refused_remedy: "The message below says why." | "下方信息说明了原因。";
        not_found: "This page does not exist" | "页面不存在";
        not_found_remedy: "Check the address. What was here may have been deleted, or be in another region: go on by the overview or the navigation." | "请检查地址。此处的内容可能已被删除，或位于其他地域。请从概览或导航继续。";
        stale_form: "This form is too old, or does not come from this console" | "表单已过期或并非来自本控制台";
        stale_form_remedy: "Nothing was done. Go back, load the page again, and send the form again." | "未执行任何操作。请返回并刷新页面后重新提交。";
        sent_before: "This form was sent already" | "该表单已提交过";
        sent_before_remedy: "It was done then, and nothing was done now. Look for what it made; to make another, open the form again. A secret is not shown a second time: who did not keep it deletes what it belongs to, and makes another." | "此前的提交已生效，本次未执行任何操作。请查看已创建的内容；如需再次创建，请重新打开表单。私钥和 AccessKey Secret 不会再次显示：如未保存，请删除后重新创建。";
        foreign_form: "This form was sent by another site" | "表单来自其他网站";
        foreign_form_remedy: "Nothing was done. Open the console by its own address, and send the form from there." | "未执行任何操作。请通过控制台地址打开页面后提交。";
        unavailable: "The server cannot do its work at the moment" | "服务器暂时无法工作";
        unavailable_remedy: "Try again soon. The server's log says what is missing." | "请稍后重试。服务器日志记录了原因。";
        too_large: "What was sent is too large" | "提交的内容过大";
        too_large_remedy: "A form has 256 KiB at most. Nothing was done: go back, and shorten it." | "表单不能超过 256 KiB。未执行任何操作，请返回并缩短内容。";
        timed_out: "The form did not arrive in time" | "提交超时";
        timed_out_remedy: "Nothing was done. Go back, and send it again." | "未执行任何操作。请返回后重新提交。";
        failed: "The server failed" | "服务器错误";
        failed_remedy: "Look whether what you asked for was done before you try again. The server's log says more." | "请先确认操作是否已完成，再决定是否重试。服务器日志记录了详细信息。";
        too_long: "This page is too long to be shown" | "页面内容过长，无法显示";
        too_long_remedy: "Ask for less of it: by a filter, or with the command line." | "请使用筛选条件缩小范围，或使用命令行查看。";
    }
}

/// An error as a page shows it, where it happened.
pub(crate) struct Trouble {
    pub(crate) texts: &'static TroubleTexts,
    /// Empty where no call was made.
    pub(crate) code: String,
    /// What happened, in plain words of the visitor's language: the heading of the error.
    pub(crate) words: String,
    /// The API's message, in English; empty where there is none.
    pub(crate) message: String,
    pub(crate) remedy: String,
    pub(crate) request_id: String,
}

impl Trouble {
    pub(crate) fn new(refusal: &Refusal, language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        let known = remedies::of(&refusal.code, language);
        let (words, remedy) = known.map_or((texts.refused, texts.refused_remedy), |known| (known.words, known.remedy));
        let remedy = match refusal.denied.as_deref() {
            Some((action, resource)) => fill(texts.missing_right, &[action, resource]),
            None => remedy.to_owned(),
        };
        Self {
            texts,
            code: refusal.code.clone(),
            words: words.to_owned(),
            message: refusal.message.clone(),
            remedy,
            request_id: refusal.request_id.clone(),
        }
    }

    pub(crate) fn not_found(language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        Self::of_form(language, texts.not_found, texts.not_found_remedy)
    }

    pub(crate) fn stale_form(language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        Self::of_form(language, texts.stale_form, texts.stale_form_remedy)
    }

    pub(crate) fn sent_before(language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        Self::of_form(language, texts.sent_before, texts.sent_before_remedy)
    }

    /// What a page itself finds wrong with a form, before any call.
    pub(crate) fn of_form(language: Language, words: &str, remedy: &str) -> Self {
        Self {
            texts: TroubleTexts::of(language),
            code: String::new(),
            words: words.to_owned(),
            message: String::new(),
            remedy: remedy.to_owned(),
            request_id: String::new(),
        }
    }
}

/// Whether there are words for a code of the API.
#[must_use]
pub fn explains(code: &str) -> bool {
    remedies::of(code, Language::English).is_some()
}

/// A page that has nothing else to show.
#[derive(Template)]
#[template(path = "trouble_page.html")]
pub(crate) struct TroublePage {
    pub(crate) shell: Shell,
    pub(crate) trouble: Trouble,
}

/// The same without a frame, where not even the session is known.
#[derive(Template)]
#[template(path = "bare_trouble.html")]
struct Bare {
    language: Language,
    trouble: Trouble,
    style: String,
    icon: String,
}

/// The server cannot say who asks.
pub(crate) fn unavailable(language: Language) -> Response<Bytes> {
    unanswered(language, StatusCode::SERVICE_UNAVAILABLE)
}

/// A form that another site sent.
pub(crate) fn foreign_form(language: Language) -> Response<Bytes> {
    let texts = TroubleTexts::of(language);
    bare(StatusCode::FORBIDDEN, language, (texts.foreign_form, texts.foreign_form_remedy))
}

/// A page that grew beyond what is shown.
pub(crate) fn too_long(language: Language) -> Response<Bytes> {
    let texts = TroubleTexts::of(language);
    bare(StatusCode::INTERNAL_SERVER_ERROR, language, (texts.too_long, texts.too_long_remedy))
}

/// What the server could not hand over, or what went wrong on the way.
pub(crate) fn unanswered(language: Language, status: StatusCode) -> Response<Bytes> {
    let texts = TroubleTexts::of(language);
    let words = match status {
        StatusCode::PAYLOAD_TOO_LARGE => (texts.too_large, texts.too_large_remedy),
        StatusCode::REQUEST_TIMEOUT => (texts.timed_out, texts.timed_out_remedy),
        StatusCode::SERVICE_UNAVAILABLE => (texts.unavailable, texts.unavailable_remedy),
        _ => (texts.failed, texts.failed_remedy),
    };
    bare(status, language, words)
}

fn bare(status: StatusCode, language: Language, (words, remedy): (&str, &str)) -> Response<Bytes> {
    let trouble = Trouble::of_form(language, words, remedy);
    let page = Bare { language, trouble, style: assets::style(), icon: assets::icon() };
    let mut response = Response::new(Bytes::from(page.render().unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, denied: Option<(&str, &str)>) -> Refusal {
        Refusal {
            status: 403,
            code: code.to_owned(),
            message: "The API's <words>.".to_owned(),
            request_id: "r-1".to_owned(),
            denied: denied.map(|(action, resource)| Box::new((action.to_owned(), resource.to_owned()))),
            checks: None,
        }
    }

    /// The heading says what happened in the language of the page, also of a code that nobody foresaw; a right that is missing is named.
    #[test]
    fn the_heading_says_what_happened() {
        for (language, code, denied, words, remedy) in [
            (Language::English, "Rejected.Disabled", None, "The key is disabled.", "Enable it first."),
            (Language::Chinese, "Rejected.Disabled", None, "密钥已被禁用。", "请先启用密钥。"),
            (Language::Chinese, "Rejected.Unheard", None, "服务器拒绝了该请求。", "下方信息说明了原因。"),
            (
                Language::English,
                "NoPermission",
                Some(("ram:GetUser", "user/a")),
                "You are not allowed to do this.",
                "Ask an administrator of the account for the right ram:GetUser on user/a.",
            ),
        ] {
            let trouble = Trouble::new(&refusal(code, denied), language);
            assert_eq!((trouble.words.as_str(), trouble.remedy.as_str()), (words, remedy), "{code}");
            let page = TroublePage { shell: Shell::sample(language), trouble }.render().unwrap();
            assert!(
                page.contains(&format!("<h1>{words}</h1>")) && page.contains(&format!("<title>{words} ")),
                "{page}"
            );
            assert!(page.contains(code) && page.contains("&#60;words&#62;"), "{page}");
        }
    }

    /// Pages without a frame have the same: a heading, a remedy, and a way on.
    #[test]
    fn every_error_has_a_heading_and_a_way_on() {
        for language in [Language::English, Language::Chinese] {
            let texts = TroubleTexts::of(language);
            let trouble = Trouble::not_found(language);
            let page = TroublePage { shell: Shell::sample(language), trouble }.render().unwrap();
            assert!(page.contains(&format!("<h1>{}</h1>", texts.not_found)) && page.contains("/overview"), "{page}");
            for (status, heading) in
                [(413, texts.too_large), (408, texts.timed_out), (503, texts.unavailable), (500, texts.failed)]
            {
                let answer = unanswered(language, StatusCode::from_u16(status).unwrap());
                let page = String::from_utf8(answer.body().to_vec()).unwrap();
                assert_eq!(answer.status().as_u16(), status);
                assert!(page.contains(&format!("<h1>{heading}</h1>")) && page.contains("/console/"), "{page}");
            }
        }
    }
}
