//! What a respondent sees: a questionnaire in one language.

use super::labels;
use super::questionnaire::{Kind, Question, Version};
use super::token::Token;
use super::wave::{State, Wave};

/// Questions that are answered in a minute.
const PER_MINUTE: usize = 8;

/// Whether a form can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormState {
    Answerable,
    AlreadySubmitted,
    Closed,
    NotOpen,
}

/// A questionnaire in one language for one respondent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    pub language: String,
    pub languages: Vec<String>,
    pub title: String,
    pub purpose: String,
    pub sender: String,
    pub questions: Vec<FormQuestion>,
    pub state: FormState,
    pub minutes: u32,
}

/// A question in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormQuestion {
    pub key: String,
    pub kind: Kind,
    pub text: String,
    pub help: String,
    pub required: bool,
    /// Keys and words.
    pub options: Vec<(String, String)>,
    pub low_label: String,
    pub high_label: String,
    pub minimum: i32,
    pub maximum: i32,
}

/// The form behind a link, in the first of the `wanted` languages that it has. `state` is that of the wave now.
pub fn of(
    version: &Version,
    wave: &Wave,
    token: &Token,
    wanted: &[&str],
    state: State,
    submitted: bool,
) -> Form {
    let content = &version.content;
    let default = wave.opening.as_ref().map_or("", |opening| opening.default_language.as_str());
    let language = language(&content.languages, wanted.iter().copied().chain([default, "en"]));
    let state = match (submitted, state) {
        (true, _) => FormState::AlreadySubmitted,
        (false, State::Draft) => FormState::NotOpen,
        (false, State::Open) => FormState::Answerable,
        (false, State::Closing | State::Closed) => FormState::Closed,
    };
    let minutes = content.questions.len().div_ceil(PER_MINUTE).max(1);
    Form {
        languages: content.languages.clone(),
        title: content.title.for_reader(&language, default).to_owned(),
        purpose: content.purpose.for_reader(&language, default).to_owned(),
        sender: wave.sender.for_reader(&language, default).to_owned(),
        questions: content.questions.iter().map(|one| question(one, token, &language, default)).collect(),
        state,
        minutes: u32::try_from(minutes).unwrap_or(u32::MAX),
        language,
    }
}

/// The first wanted language that there is, `sv-FI` being served by `sv` too; else the questionnaire's own first.
fn language<'a>(languages: &[String], wanted: impl Iterator<Item = &'a str>) -> String {
    for wanted in wanted {
        let mut tag = wanted;
        loop {
            if let Some(found) = languages.iter().find(|language| language.eq_ignore_ascii_case(tag)) {
                return found.clone();
            }
            let Some(end) = tag.rfind('-') else { break };
            tag = &tag[..end];
        }
    }
    languages.first().cloned().unwrap_or_default()
}

fn question(question: &Question, token: &Token, language: &str, default: &str) -> FormQuestion {
    let Question { key, kind, text, help, required, options, low_label, high_label, reversed: _ } = question;
    let order = match kind {
        // What stands first is chosen more often, so everybody gets another order.
        Kind::EmotionPalette => token.order(key, options.iter().map(|option| option.key.as_str())),
        _ => (0..options.len()).collect(),
    };
    let [low, high] = labels::standard(*kind);
    let end = |own: &arki_words::Words, standard: &arki_words::Words| {
        let words = if own.is_empty() { standard } else { own };
        words.for_reader(language, default).to_owned()
    };
    let scale = kind.scale().unwrap_or(0..=0);
    FormQuestion {
        key: key.clone(),
        kind: *kind,
        text: text.for_reader(language, default).to_owned(),
        help: help.for_reader(language, default).to_owned(),
        required: *required,
        options: order
            .into_iter()
            .map(|place| &options[place])
            .map(|option| (option.key.clone(), option.label.for_reader(language, default).to_owned()))
            .collect(),
        low_label: end(low_label, &low),
        high_label: end(high_label, &high),
        minimum: *scale.start(),
        maximum: *scale.end(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wanted: &[&str]) -> String {
        let languages = ["fi", "sv", "en-GB"].map(str::to_owned);
        language(&languages, wanted.iter().copied())
    }

    #[test]
    fn a_reader_gets_the_closest_language_there_is() {
        assert_eq!(chosen(&["sv-FI", "fi"]), "sv");
        assert_eq!(chosen(&["SV"]), "sv");
        assert_eq!(chosen(&["de", "", "EN-gb"]), "en-GB");
        assert_eq!(chosen(&["de", ""]), "fi");
    }
}
