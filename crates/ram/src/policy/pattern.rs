//! Text with wildcards: `*` is any run of characters, also none; `?` is one character.

use std::fmt;

/// A text in which `*` and `?` are wildcards. There is no way to write them as themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern that matches everything.
    pub(super) fn any() -> Self {
        Self::new("*")
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        matches(&self.0, text, |a, b| a == b)
    }

    pub(super) fn matches_ignoring_ascii_case(&self, text: &str) -> bool {
        matches(&self.0, text, |a, b| a.eq_ignore_ascii_case(&b))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Greedy, with one place to return to: the last star. What an earlier star took needs no second look, because the last one can
/// take whatever follows. So there is no recursion and no memory, and the time is linear in the text: a text of n characters
/// takes at most n steps for each character of the pattern.
fn matches(pattern: &str, text: &str, equal: impl Fn(char, char) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What follows the last star, and the text that this star has not taken yet.
    let mut retry = None;
    loop {
        let mut rest = pattern.clone();
        match (rest.next(), text.clone().next()) {
            (Some('*'), _) => {
                pattern = rest;
                retry = Some((pattern.clone(), text.clone()));
            }
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == '?' || equal(wanted, found) => {
                pattern = rest;
                text.next();
            }
            _ => {
                let Some((after_star, untaken)) = &mut retry else { return false };
                if untaken.next().is_none() {
                    return false;
                }
                (pattern, text) = (after_star.clone(), untaken.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    /// A row for each rule: the empty run, several stars, one character that is not one byte, no match of a part.
    #[test]
    fn wildcards_match_as_documented() {
        let cases = [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "any thing", true),
            ("**", "x", true),
            ("?", "", false),
            ("?", "键", true),
            ("?", "ab", false),
            ("a*", "a", true),
            ("a*", "ba", false),
            ("*a", "ba", true),
            ("*a", "ab", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "acb", false),
            ("*ab*ab", "abab", true),
            ("*ab*ab", "ab", false),
            ("*aab", "aaaab", true),
            ("key/?*", "key/", false),
            ("key/?*", "key/1", true),
            ("?*?", "a", false),
            ("?*?", "ab", true),
            ("image/*", "image/*", true),
            ("image/m-1", "image/*", false),
            ("A", "a", false),
        ];
        for (pattern, text, wanted) in cases {
            assert_eq!(Pattern::new(pattern).matches(text), wanted, "{pattern} on {text}");
        }
        assert!(Pattern::new("kms:enc*").matches_ignoring_ascii_case("KMS:Encrypt"));
        assert!(!Pattern::new("é").matches_ignoring_ascii_case("É"));
    }

    /// A pattern that takes a matcher with backtracking longer than the universe lasts.
    #[test]
    fn many_stars_take_no_time() {
        let (pattern, text) = (Pattern::new("*a".repeat(2_000) + "b"), "a".repeat(4_000));
        let started = Instant::now();
        assert!(!pattern.matches(&text));
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }
}
