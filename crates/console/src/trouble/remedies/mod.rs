//! Plain words and a remedy, in both languages, for the codes that a visitor of the console meets.

mod access;
mod copies;
mod entities;
mod general;
mod images;
mod instances;
mod key_pairs;
mod keys;
mod tickets;

use crate::language::Language;

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) words: &'static str,
    pub(crate) remedy: &'static str,
}

/// One code: English words and remedy, Chinese words and remedy.
type Row = (&'static str, [&'static str; 2], [&'static str; 2]);

/// All rows.
fn all() -> impl Iterator<Item = &'static Row> {
    let of_ecs = [images::ROWS, copies::ROWS, instances::ROWS, key_pairs::ROWS, tickets::ROWS];
    of_ecs.into_iter().chain([general::ROWS, keys::ROWS, access::ROWS, entities::ROWS]).flatten()
}

/// What is known of `code`.
pub(crate) fn of(code: &str, language: Language) -> Option<Known> {
    let (_, english, chinese) = all().find(|(known, ..)| *known == code)?;
    let [words, remedy] = match language {
        Language::English => *english,
        Language::Chinese => *chinese,
    };
    Some(Known { words, remedy })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Each code stands once, with words and a remedy in both languages.
    #[test]
    fn every_row_is_complete() {
        let codes: BTreeSet<&str> = all().map(|(code, ..)| *code).collect();
        assert_eq!(codes.len(), all().count(), "a code stands twice");
        for (code, english, chinese) in all() {
            let texts = [*english, *chinese].concat();
            assert!(texts.iter().all(|text| !text.is_empty()), "{code}");
            assert!(chinese.iter().all(|text| !text.is_ascii()) && english.concat().is_ascii(), "{code}");
        }
    }
}
