//! What a request gives in this service: words, questions, and which fields a mask may name.

use std::collections::BTreeMap;

use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::Input;
use arki_words::Words;

use crate::domain::metric::{NotAQuestion, QuestionBinding};

/// How many characters a text has at most, in each language.
const LONGEST: usize = 2_000;

/// Fields that the service sets: a mask may name them, and they stay as they are.
pub(super) const OUTPUT_ONLY: [&str; 6] = ["name", "version", "state", "create_time", "update_time", "etag"];

/// Reads what metrics and target profiles are made of.
pub(super) trait ReadMetric {
    /// The name of a question.
    fn question(&mut self, field: &str, name: &str) -> Option<QuestionBinding>;

    /// Words by language; that there must be some is the domain's to say.
    fn words(&mut self, field: &str, text: Option<LocalizedText>) -> BTreeMap<String, String>;
}

impl ReadMetric for Input {
    fn question(&mut self, field: &str, name: &str) -> Option<QuestionBinding> {
        name.parse().map_err(|error: NotAQuestion| self.refuse(field, error.to_string())).ok()
    }

    fn words(&mut self, field: &str, text: Option<LocalizedText>) -> BTreeMap<String, String> {
        Words::from(self.texts(field, text, LONGEST)).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_found_at_once() {
        let mut input = Input::default();
        let text = LocalizedText { by_language: [("fi".to_owned(), "x".repeat(2_001))].into() };
        input.words("metric.meanings[0].words", Some(text));
        input.question("metric.question", "questions/heard");
        let failure = input.finish(Some(())).unwrap_err();
        let fields: Vec<_> = failure.violations.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["metric.meanings[0].words.by_language.fi", "metric.question"]);
    }
}
