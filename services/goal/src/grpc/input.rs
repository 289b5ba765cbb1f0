//! What a request gives in this service: words, and which fields a mask may name.

use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::Input;
use arki_words::Words;

/// How many characters a title has at most, in each language.
pub(super) const TITLE: usize = 200;
/// How many characters a short text has at most, in each language.
pub(super) const SHORT: usize = 500;
/// How many characters a longer text has at most, in each language.
pub(super) const LONG: usize = 2_000;
/// How many characters everyday words have at most, in each language, as much as the lint takes.
pub(super) const EVERYDAY: usize = 4_000;

/// Fields that the service sets: a mask may name them, and they stay as they are.
pub(super) const OUTPUT_ONLY: [&str; 5] = ["name", "state", "create_time", "update_time", "etag"];

/// Reads words.
pub(super) trait ReadWords {
    /// Words by language.
    fn words(&mut self, field: &str, text: Option<LocalizedText>, longest: usize) -> Words;

    /// Words that must be there in one language at least.
    fn some_words(&mut self, field: &str, text: Option<LocalizedText>, longest: usize) -> Words;

    /// A list of words by language, none of them empty.
    fn list(&mut self, field: &str, texts: Vec<LocalizedText>) -> Vec<Words>;
}

impl ReadWords for Input {
    fn words(&mut self, field: &str, text: Option<LocalizedText>, longest: usize) -> Words {
        self.texts(field, text, longest).into()
    }

    fn some_words(&mut self, field: &str, text: Option<LocalizedText>, longest: usize) -> Words {
        let words = self.words(field, text, longest);
        if words.is_empty() {
            self.refuse(field, "must be given in at least one language");
        }
        words
    }

    fn list(&mut self, field: &str, texts: Vec<LocalizedText>) -> Vec<Words> {
        let each = |(index, text)| self.some_words(&format!("{field}[{index}]"), Some(text), SHORT);
        texts.into_iter().enumerate().map(each).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_found_at_once() {
        let mut input = Input::default();
        let text = |text: &str| LocalizedText { by_language: [("fi".to_owned(), text.to_owned())].into() };
        input.words("goal.title", Some(text(&"x".repeat(201))), TITLE);
        input.some_words("goal.everyday_text", None, EVERYDAY);
        input.list("goal.do", vec![text("tervehdi"), text(" ")]);
        let failure = input.finish(Some(())).unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["goal.title.by_language.fi", "goal.everyday_text", "goal.do[1]"]);
    }
}
