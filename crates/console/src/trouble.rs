//! What went wrong, in the visitor's words: the code of the API, its message, and what to do about it.

mod remedies;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::calls::Refusal;
use crate::language::{Language, texts};
use crate::shell::Shell;
use crate::visit::rendered;

texts! {
    /// Texts around an error.
    TroubleTexts {
        heading: "This did not work" | "操作未成功";
        what_to_do: "What to do:" | "解决办法：";
        request: "Request" | "请求 ID";
        missing_right: "Ask an administrator of the account for the right {} on {}." | "请联系账号管理员授予权限 {}（资源 {}）。";
        not_found: "There is no such page." | "页面不存在。";
        not_found_remedy: "Go on by the navigation on the left." | "请从左侧导航继续。";
        stale_form: "This form is too old, or does not come from this console. Nothing was done." | "表单已过期或并非来自本控制台，未执行任何操作。";
        stale_form_remedy: "Go back, load the page again, and send the form again." | "请返回并刷新页面后重新提交。";
        unavailable: "The server cannot do its work at the moment." | "服务器暂时无法工作。";
        unavailable_remedy: "Try again soon. The server's log says what is missing." | "请稍后重试。服务器日志记录了原因。";
    }
}

/// An error as a page shows it, where it happened.
pub(crate) struct Trouble {
    pub(crate) texts: &'static TroubleTexts,
    /// Empty where no call was made.
    pub(crate) code: String,
    /// Plain words; for a code that we have words for in the visitor's language, these, else the API's message.
    pub(crate) words: String,
    /// The API's message, where `words` are not it.
    pub(crate) message: String,
    pub(crate) remedy: String,
    pub(crate) request_id: String,
}

impl Trouble {
    pub(crate) fn new(refusal: &Refusal, language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        let known = remedies::of(&refusal.code, language);
        let (words, message) = match known.words {
            "" => (refusal.message.clone(), String::new()),
            words => (words.to_owned(), refusal.message.clone()),
        };
        let remedy = match refusal.denied.as_deref() {
            Some((action, resource)) => crate::language::fill(texts.missing_right, &[action, resource]),
            None => known.remedy.to_owned(),
        };
        Self { texts, code: refusal.code.clone(), words, message, remedy, request_id: refusal.request_id.clone() }
    }

    pub(crate) fn not_found(language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        Self::plain(texts, texts.not_found, texts.not_found_remedy)
    }

    pub(crate) fn stale_form(language: Language) -> Self {
        let texts = TroubleTexts::of(language);
        Self::plain(texts, texts.stale_form, texts.stale_form_remedy)
    }

    pub(crate) fn unavailable(language: Language) -> Bare {
        let texts = TroubleTexts::of(language);
        Bare { language, trouble: Self::plain(texts, texts.unavailable, texts.unavailable_remedy) }
    }

    /// What a page itself finds wrong with a form, before any call.
    pub(crate) fn of_form(language: Language, words: &str, remedy: &str) -> Self {
        Self::plain(TroubleTexts::of(language), words, remedy)
    }

    fn plain(texts: &'static TroubleTexts, words: &str, remedy: &str) -> Self {
        Self {
            texts,
            code: String::new(),
            words: words.to_owned(),
            message: String::new(),
            remedy: remedy.to_owned(),
            request_id: String::new(),
        }
    }
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
pub(crate) struct Bare {
    language: Language,
    trouble: Trouble,
}

impl IntoResponse for Bare {
    fn into_response(self) -> Response {
        rendered(StatusCode::SERVICE_UNAVAILABLE, &self)
    }
}
