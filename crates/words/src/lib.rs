//! The same words in several languages, and which of them a reader gets.
//!
//! A question, a goal or a message is written once per language; a reader gets the own language, else the
//! tenant's, else English, else whichever is there. The crate knows nothing of where words are kept or shown.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Words by BCP 47 language tag, such as `fi`, `sv` or `en`. Blank texts are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// Words in one language.
    pub fn new(language: &str, text: &str) -> Self {
        Self::from_iter([(language.to_owned(), text.to_owned())])
    }

    /// Adds the words of a further language.
    #[must_use]
    pub fn and(mut self, language: &str, text: &str) -> Self {
        self.extend([(language.to_owned(), text.to_owned())]);
        self
    }

    /// Whether there are no words in any language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words of exactly this language.
    pub fn exactly(&self, language: &str) -> Option<&str> {
        self.0.get(&normal(language)).map(String::as_str)
    }

    /// The words for a reader of `language` in a tenant whose default is `fallback`: `sv-FI` reads `sv-fi`, then
    /// `sv`, then the fallback the same way, then `en`, then the first language there is. Empty only when there
    /// are no words at all.
    pub fn for_reader(&self, language: &str, fallback: &str) -> &str {
        [language, fallback, "en"]
            .iter()
            .find_map(|wanted| self.closest(wanted))
            .or_else(|| self.0.values().next().map(String::as_str))
            .unwrap_or_default()
    }

    /// Every language and its words, in the order of the tags.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(language, text)| (language.as_str(), text.as_str()))
    }

    /// The languages of `wanted` in which there are no words.
    pub fn missing<'a>(&self, wanted: &'a [String]) -> Vec<&'a str> {
        wanted.iter().map(String::as_str).filter(|language| self.exactly(language).is_none()).collect()
    }

    fn closest(&self, language: &str) -> Option<&str> {
        let mut tag = normal(language);
        loop {
            if let Some(text) = self.0.get(&tag) {
                return Some(text);
            }
            tag.truncate(tag.rfind('-')?);
        }
    }
}

/// Tags differ in letter case alone without differing in meaning (RFC 5646, section 2.1.1).
fn normal(language: &str) -> String {
    language.to_ascii_lowercase()
}

impl Extend<(String, String)> for Words {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, words: I) {
        for (language, text) in words {
            if !text.trim().is_empty() {
                self.0.insert(normal(&language), text);
            }
        }
    }
}

impl FromIterator<(String, String)> for Words {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(words: I) -> Self {
        let mut all = Self::default();
        all.extend(words);
        all
    }
}

impl From<BTreeMap<String, String>> for Words {
    fn from(words: BTreeMap<String, String>) -> Self {
        words.into_iter().collect()
    }
}

impl From<Words> for BTreeMap<String, String> {
    fn from(words: Words) -> Self {
        words.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeting() -> Words {
        Words::new("fi", "hei").and("sv", "hej").and("en", "hello")
    }

    #[test]
    fn a_reader_gets_the_own_language_then_the_tenants_then_english() {
        let words = greeting();
        assert_eq!(words.for_reader("sv-FI", "fi"), "hej");
        assert_eq!(words.for_reader("de", "fi"), "hei");
        assert_eq!(words.for_reader("de", "fr"), "hello");
        assert_eq!(Words::new("et", "tere").for_reader("de", "fr"), "tere");
        assert_eq!(Words::default().for_reader("fi", "fi"), "");
    }

    #[test]
    fn tags_are_the_same_in_either_letter_case() {
        assert_eq!(Words::new("sv-FI", "hej").exactly("SV-fi"), Some("hej"));
    }

    #[test]
    fn blank_words_are_no_words() {
        assert!(Words::new("fi", "  ").is_empty());
        assert_eq!(Words::new("fi", "hei").missing(&["fi".into(), "sv".into()]), ["sv"]);
    }
}
