//! The serial console: what the guest wrote since its last start.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::Of;
use super::detail::gone;
use super::instance::{Instance, instance_of};
use crate::calls::{Product, Refusal};
use crate::language::texts;
use crate::shared::Shared;
use crate::shell::Section;
use crate::shown::text;
use crate::trouble::Trouble;
use crate::visit::{Visit, rendered};

texts! {
    /// Texts of the console.
    ConsoleTexts {
        title: "Serial console" | "串口日志";
        about: "What the guest wrote to its serial port since its last start, as text; the end of it." | "客户机自上次启动以来写入串口的内容（仅显示末尾部分）。";
        whole: "The last 64 KiB as a file" | "以文件查看最后 64 KiB";
        nothing: "The guest has not written anything." | "客户机尚未输出任何内容。";
    }
}

/// How much a page shows: even if every byte is markup, which takes five in HTML, the page stays small.
const SHOWN_BYTES: usize = 16 << 10;

/// The end of the console, as a part of the page that renews itself.
#[derive(Template)]
#[template(path = "instances/console.html")]
pub(super) struct Console {
    texts: &'static ConsoleTexts,
    /// Address of the instance's page.
    page: String,
    /// Whether the guest may write more.
    moves: bool,
    said: String,
    trouble: Option<Trouble>,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/instances/{id}/console", get(console)).route("/instances/{id}/console.txt", get(whole))
}

async fn console(visit: Visit, Path(of): Path<Of>) -> Response {
    match instance_of(&visit, &of.id).await {
        Ok(Some(instance)) => rendered(StatusCode::OK, &console_of(&visit, &instance).await),
        Ok(None) => gone(&visit),
        Err(refusal) => visit.trouble(Section::Instances, &refusal),
    }
}

/// The whole answer, as the guest wrote it.
async fn whole(visit: Visit, Path(of): Path<Of>) -> Response {
    match output(&visit, &of.id).await {
        Ok(said) => ([(CONTENT_TYPE, "text/plain; charset=utf-8")], said).into_response(),
        Err(refusal) => visit.trouble(Section::Instances, &refusal),
    }
}

/// The console of an instance. Whoever may not read it sees that in its place.
pub(super) async fn console_of(visit: &Visit, instance: &Instance) -> Console {
    let (said, trouble) = match output(visit, &instance.id).await {
        Ok(said) => (readable(&said[said.len().saturating_sub(SHOWN_BYTES)..]), None),
        Err(refusal) => (String::new(), Some(visit.told(&refusal))),
    };
    Console {
        texts: ConsoleTexts::of(visit.language),
        page: visit.path(format!("instances/{}", instance.id)),
        moves: trouble.is_none() && !instance.is("Stopped"),
        said,
        trouble,
    }
}

async fn output(visit: &Visit, id: &str) -> Result<Vec<u8>, Refusal> {
    let answer = visit.call(Product::Ecs, "GetInstanceConsoleOutput", &[("InstanceId", id)]).await?;
    Ok(BASE64.decode(text(&answer, "ConsoleOutput")).unwrap_or_default())
}

/// What a person can read of it: text, without the commands that move a terminal's cursor and colour its letters (ECMA-48, 5.4).
fn readable(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let mut shown = String::with_capacity(said.len());
    let mut rest = said.chars().peekable();
    while let Some(character) = rest.next() {
        if character == '\u{1b}' {
            if rest.next_if_eq(&'[').is_some() {
                // Parameters, up to the final byte that says what they are for.
                while rest.next_if(|next| (' '..='?').contains(next)).is_some() {}
            }
            rest.next_if(|next| ('@'..='~').contains(next));
        } else if matches!(character, '\n' | '\t') || !character.is_control() {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::readable;

    /// Text stays, a terminal's commands go, and nothing that is cut off or not text can disturb it.
    #[test]
    fn a_console_is_shown_as_text() {
        for (said, wanted) in [
            (&b"INSTANCE-BOOTED\r\n"[..], "INSTANCE-BOOTED\n"),
            (b"\x1b[2J\x1b[01;31mred\x1b[0m\tblack", "red\tblack"),
            (b"\x1bcreset \x1b[?7lwrap", "reset wrap"),
            (b"<b>\x07bell\x00", "<b>bell"),
            (b"cut \x1b[0", "cut "),
            (b"cut \x1b", "cut "),
            (b"\xff\xfe\xe4\xbd\xa0", "\u{fffd}\u{fffd}你"),
        ] {
            assert_eq!(readable(said), wanted, "{said:?}");
        }
    }
}
