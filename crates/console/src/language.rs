//! Chinese and English. A page declares its texts in both at once, with [`texts!`]: a text that lacks one language does not compile, and one that
//! no page shows is a warning.

use std::fmt::{Display, Write as _};

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::cookies;

/// Cookie of a language that was chosen by hand.
pub(crate) const COOKIE: &str = "reseal_language";

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Chinese,
}

impl Language {
    /// The language that was chosen, or else the first one of the browser's list that we have.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let chosen = cookies::value(headers, COOKIE).and_then(|tag| Self::of_tag(&tag));
        chosen.or_else(|| Self::accepted(headers)).unwrap_or(Self::English)
    }

    /// `zh` and `en`, with or without a country.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next()?.to_ascii_lowercase().as_str() {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// For `lang=`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh-CN",
        }
    }

    /// Its name in itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Chinese => "中文",
        }
    }

    /// The one to change to.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::English => Self::Chinese,
            Self::Chinese => Self::English,
        }
    }

    /// Browsers list languages in the order of their weights.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let list = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        list.split(',').find_map(|item| Self::of_tag(item.split(';').next().unwrap_or_default().trim()))
    }
}

/// Declares the texts of a page: `name: "English" | "中文";`, one line each, and `Texts::of(language)`.
macro_rules! texts {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $english:literal | $chinese:literal;)+ }) => {
        $(#[$meta])*
        pub(crate) struct $name {
            $(pub(crate) $field: &'static str,)+
        }

        impl $name {
            const ENGLISH: Self = Self { $($field: $english,)+ };
            const CHINESE: Self = Self { $($field: $chinese,)+ };

            /// The texts in a language.
            pub(crate) fn of(language: $crate::language::Language) -> &'static Self {
                match language {
                    $crate::language::Language::English => &Self::ENGLISH,
                    $crate::language::Language::Chinese => &Self::CHINESE,
                }
            }
        }
    };
}
pub(crate) use texts;

/// A text with its places `{}` filled in order. It is not markup: the template escapes it.
pub(crate) fn fill(text: &str, values: &[&dyn Display]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut values = values.iter();
    let mut parts = text.split("{}");
    filled.push_str(parts.next().unwrap_or_default());
    for part in parts {
        if let Some(value) = values.next() {
            write!(filled, "{value}").expect("a string takes everything");
        }
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// What was chosen goes first, then the browser's order; a browser without either language gets English.
    #[test]
    fn the_language_is_the_visitors() {
        for (accepted, cookie, wanted) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", "", Language::Chinese),
            ("en-US,en;q=0.9,zh;q=0.8", "", Language::English),
            ("fr-FR, de;q=0.8, zh;q=0.5", "", Language::Chinese),
            ("fr", "", Language::English),
            ("", "", Language::English),
            ("zh-CN", "reseal_language=en", Language::English),
            ("en", "a=b; reseal_language=zh-CN", Language::Chinese),
            ("zh", "reseal_language=xx", Language::Chinese),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            headers.insert("cookie", HeaderValue::from_static(cookie));
            assert_eq!(Language::of(&headers), wanted, "{accepted} {cookie}");
        }
    }

    /// Places are filled once: a value that looks like a place stays as it is.
    #[test]
    fn places_are_filled_in_order() {
        assert_eq!(fill("{} of {}", &[&"{}", &2]), "{} of 2");
        assert_eq!(fill("none", &[]), "none");
        assert_eq!(fill("{} and {}", &[&1]), "1 and ");
    }
}
