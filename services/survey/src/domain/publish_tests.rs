use arki_words::Words;

use super::missing;
use crate::domain::questionnaire::{Choice, Content, Kind, Question};

fn words() -> Words {
    Words::new("fi", "sanat").and("en", "words")
}

fn question(key: &str, kind: Kind, options: usize) -> Question {
    let option = |index| Choice { key: format!("option_{index}"), label: words() };
    Question {
        key: key.to_owned(),
        kind,
        text: words(),
        help: Words::default(),
        required: false,
        options: (0..options).map(option).collect(),
        low_label: Words::default(),
        high_label: Words::default(),
        reversed: false,
    }
}

fn content(questions: Vec<Question>) -> Content {
    let languages = vec!["fi".to_owned(), "en".to_owned()];
    Content { title: words(), purpose: words(), languages, questions }
}

fn fields(content: &Content) -> Vec<String> {
    missing(content).into_iter().map(|violation| violation.field).collect()
}

#[test]
fn a_whole_questionnaire_can_be_published() {
    let whole = content(vec![
        question("recommend", Kind::Nps, 0),
        question("felt", Kind::EmotionPalette, 8),
        question("channel", Kind::SingleChoice, 2),
        question("why", Kind::OpenText, 0),
    ]);
    assert_eq!(fields(&whole), Vec::<String>::new());
}

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let mut half =
        content(vec![question("recommend", Kind::Nps, 0), question("recommend", Kind::EmotionPalette, 7)]);
    half.title = Words::new("fi", "otsikko");
    half.languages.push("FI".to_owned());
    half.questions[0].text = Words::new("en", "words");
    half.questions[0].reversed = true;
    half.questions[1].options[3].key = "option_1".to_owned();
    half.questions[1].options[4].label = Words::default();
    assert_eq!(
        fields(&half),
        [
            "languages[2]",
            "title",
            "questions[0].text",
            "questions[0].reversed",
            "questions[1].key",
            "questions[1].options",
            "questions[1].options[3].key",
            "questions[1].options[4].label",
        ]
    );
}

#[test]
fn a_questionnaire_asks_something_in_some_language() {
    let nothing = Content::default();
    assert_eq!(fields(&nothing), ["languages", "questions"]);
}

#[test]
fn each_kind_has_its_number_of_options() {
    for (kind, options, fits) in [
        (Kind::EmotionPalette, 7, false),
        (Kind::EmotionPalette, 8, true),
        (Kind::EmotionPalette, 16, true),
        (Kind::EmotionPalette, 17, false),
        (Kind::SingleChoice, 1, false),
        (Kind::SingleChoice, 2, true),
        (Kind::SingleChoice, 40, true),
        (Kind::SingleChoice, 41, false),
        (Kind::Nps, 1, false),
        (Kind::OpenText, 1, false),
        (Kind::Ces, 0, true),
    ] {
        let found = missing(&content(vec![question("it", kind, options)]));
        assert_eq!(found.is_empty(), fits, "{kind:?} with {options}: {found:?}");
    }
}

#[test]
fn what_may_be_left_out_is_left_out_in_every_language_or_none() {
    let mut half = content(vec![question("easy", Kind::Ces, 0), question("why", Kind::OpenText, 0)]);
    half.questions[0].help = Words::new("fi", "apu");
    half.questions[1].low_label = words();
    assert_eq!(fields(&half), ["questions[0].help", "questions[1].low_label"]);
}
