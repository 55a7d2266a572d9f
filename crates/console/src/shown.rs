//! Values as pages show them.

use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::Value;

const KIB: u64 = 1 << 10;
const GIB: u64 = 1 << 30;

/// A field of an answer as text; empty if it is not there. Numbers and truth values are written out.
pub(crate) fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The objects of a list as the API nests it: `list(&answer, "Images", "Image")`.
pub(crate) fn list<'a>(answer: &'a Value, outer: &str, inner: &str) -> &'a [Value] {
    answer[outer][inner].as_array().map_or(&[], Vec::as_slice)
}

/// A number of an answer, also where the API writes it as text.
pub(crate) fn number(value: &Value, name: &str) -> u64 {
    value[name]
        .as_u64()
        .or_else(|| value[name].as_str().and_then(|text| text.trim_end_matches('%').parse().ok()))
        .unwrap_or(0)
}

/// `12.5 GiB`.
pub(crate) fn bytes(count: u64) -> String {
    if count < KIB {
        return format!("{count} B");
    }
    let (mut unit, mut value) = (0, count as f64);
    while value >= 1024.0 && unit < UNITS.len() {
        (unit, value) = (unit + 1, value / 1024.0);
    }
    let digits = usize::from(value < 100.0 && value.fract() != 0.0);
    format!("{value:.digits$} {}", UNITS[unit - 1])
}

const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];

/// Whole GiB, rounded up, as the API counts disks.
pub(crate) fn gib(bytes: u64) -> u64 {
    bytes.div_ceil(GIB)
}

/// A time of an answer (`2026-11-28T10:00:00Z`), for a `<time>` element: shown in UTC until the script shows it in the visitor's zone.
pub(crate) fn time(written: &str) -> String {
    written.strip_suffix('Z').map_or_else(|| written.to_owned(), |time| time.replacen('T', " ", 1) + " UTC")
}

/// A time of an answer, shown by `{{ time }}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Template)]
#[template(path = "time.html")]
pub(crate) struct Time {
    /// As the API writes it; empty for none.
    pub(crate) at: String,
    pub(crate) shown: String,
}

/// Its template escapes.
impl HtmlSafe for Time {}

impl Time {
    /// The time in a field of an answer.
    pub(crate) fn of(value: &Value, name: &str) -> Self {
        let at = text(value, name);
        Self { shown: time(&at), at }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at.is_empty()
    }
}

/// A state, as `<span class="state {{ chip.class }}">{{ chip.text }}</span>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chip {
    /// `good`, `busy`, `warn`, `bad`, or empty.
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

/// One of the values of a `<select>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) text: String,
    pub(crate) chosen: bool,
}

/// What stands in a `<select>`, shown by `{{ options }}`.
#[derive(Debug, Default, Template)]
#[template(path = "options.html")]
pub(crate) struct Options(pub(crate) Vec<Choice>);

/// Its template escapes.
impl HtmlSafe for Options {}

/// The values of a `<select>` with their texts, of which one may be chosen.
pub(crate) fn choices<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Options {
    let choice = |(value, text): (&str, &str)| Choice {
        value: value.to_owned(),
        text: text.to_owned(),
        chosen: value == chosen,
    };
    Options(all.into_iter().map(choice).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes have three digits at most that say something.
    #[test]
    fn sizes_are_short() {
        for (count, wanted) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1 KiB"),
            (1536, "1.5 KiB"),
            (5 << 30, "5 GiB"),
            ((200 << 30) + (1 << 29), "200 GiB"),
            (u64::MAX, "16384 PiB"),
        ] {
            assert_eq!(bytes(count), wanted);
        }
    }

    /// Numbers are read in each of the API's spellings.
    #[test]
    fn numbers_are_read_however_they_are_written() {
        let answer = serde_json::json!({ "A": 7, "B": "7", "C": "7%", "D": true });
        assert_eq!(["A", "B", "C", "D", "E"].map(|name| number(&answer, name)), [7, 7, 7, 0, 0]);
        assert_eq!(
            (text(&answer, "A"), text(&answer, "D"), text(&answer, "E")),
            ("7".into(), "true".into(), String::new())
        );
    }
}
