//! What a service said, in our words: its code and message, and neither signature nor access key.

use std::error::Error;

use crate::store::Cause;

/// Longest part of an answer that an error shows.
const TEXT_CHARS_MAX: usize = 300;

/// The cause behind an error of object_store.
pub(super) fn cause(error: &object_store::Error) -> Cause {
    let text = deepest(error).to_string();
    if let Some(refusal) = refusal(&text) {
        // An error of the bucket is not one of the blob, though both are a 404.
        let missing = matches!(&refusal, Cause::Service { code, .. } if code == "NoSuchKey");
        return if missing { Cause::NoSuchBlob } else { refusal };
    }
    match (error, text.split_once("status code: ")) {
        // The answer to HEAD has no body.
        (object_store::Error::NotFound { .. }, _) => Cause::NoSuchBlob,
        (_, Some((_, status))) => {
            Cause::Service { code: shown(status.trim_end_matches(": ")), message: "it gave no reason".to_owned() }
        }
        _ => Cause::Unusable(shown(&text)),
    }
}

/// The cause behind a request that got no answer.
pub(super) fn unanswered(error: &(dyn Error + 'static)) -> Cause {
    Cause::Unusable(shown(&deepest(error).to_string()))
}

/// The cause that an answer with a status of failure states.
pub(super) fn answered(status: u16, body: &[u8]) -> Cause {
    let text = String::from_utf8_lossy(body);
    refusal(&text).unwrap_or_else(|| Cause::Service { code: status.to_string(), message: shown(&text) })
}

/// Reads an `<Error>` document. The rest of it repeats what was signed, so only these two elements are taken.
fn refusal(text: &str) -> Option<Cause> {
    let code = element(text, "<Code>", "</Code>")?;
    let message = element(text, "<Message>", "</Message>").unwrap_or_default();
    Some(Cause::Service { code: shown(code), message: shown(message) })
}

fn element<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

/// One line of bounded length.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_CHARS_MAX).collect()
}

fn deepest<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shows_code_and_message_and_nothing_that_was_signed() {
        let body = b"<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message>No\nmatch.</Message>\
            <AWSAccessKeyId>AK</AWSAccessKeyId><StringToSign>AWS4</StringToSign></Error>";
        assert_eq!(answered(403, body).to_string(), "the service answered SignatureDoesNotMatch: No match.");
        assert_eq!(answered(502, b"Bad Gateway").to_string(), "the service answered 502: Bad Gateway");
        assert_eq!(answered(500, &[b'x'; 5000]).to_string().len(), "the service answered 500: ".len() + TEXT_CHARS_MAX);
    }
}
