use arki_ids::QuestionnaireId;
use arki_words::Words;
use chrono::DateTime;
use proptest::prelude::*;

use super::{LONGEST_TEXT, violations};
use crate::domain::answer::{Answer, Feeling, Feelings, Value};
use crate::domain::questionnaire::{Choice, Content, Kind, Question, Version, VersionKey};

fn question(key: &str, kind: Kind, options: &[&str], required: bool) -> Question {
    let options = options.iter().map(|key| Choice { key: (*key).to_owned(), label: Words::new("en", key) });
    Question {
        key: key.to_owned(),
        kind,
        text: Words::new("en", key),
        help: Words::default(),
        required,
        options: options.collect(),
        low_label: Words::default(),
        high_label: Words::default(),
        reversed: false,
    }
}

const PALETTE: [&str; 8] = ["calm", "cosy", "eager", "glad", "heard", "hurried", "lost", "tense"];

fn version() -> Version {
    let questions = vec![
        question("recommend", Kind::Nps, &[], true),
        question("easy", Kind::Ces, &[], false),
        question("channel", Kind::SingleChoice, &["counter", "phone"], false),
        question("felt", Kind::EmotionPalette, &PALETTE, false),
        question("why", Kind::OpenText, &[], false),
    ];
    let content = Content { questions, languages: vec!["en".to_owned()], ..Content::default() };
    let key = VersionKey { questionnaire: QuestionnaireId::random(), number: 1 };
    Version { key, display_name: "Counter".to_owned(), content, publish_time: DateTime::UNIX_EPOCH }
}

fn answer(question: &str, value: Value) -> Answer {
    Answer { question: question.to_owned(), value }
}

fn felt(chosen: &[(&str, i32)], order_shown: &[&str]) -> Value {
    let chosen =
        chosen.iter().map(|(term, intensity)| Feeling { term: (*term).to_owned(), intensity: *intensity });
    let order_shown = order_shown.iter().map(ToString::to_string).collect();
    Value::Feelings(Feelings { chosen: chosen.collect(), order_shown })
}

fn fields(answers: &[Answer]) -> Vec<String> {
    violations(&version(), answers).into_iter().map(|violation| violation.field).collect()
}

/// The violations of one answer beside a valid answer to the required question.
fn beside(question: &str, value: Value) -> Vec<String> {
    fields(&[answer("recommend", Value::Number(9)), answer(question, value)])
}

#[test]
fn answers_that_fit_are_accepted() {
    let none = felt(&[], &["lost", "calm", "cosy", "tense", "eager", "glad", "heard", "hurried"]);
    let whole = [
        answer("recommend", Value::Number(0)),
        answer("easy", Value::Number(7)),
        answer("channel", Value::Choice("phone".to_owned())),
        answer("felt", none),
        answer("why", Value::Text("\u{e4}".repeat(LONGEST_TEXT))),
    ];
    assert_eq!(fields(&whole), Vec::<String>::new());
    assert_eq!(fields(&whole[..1]), Vec::<String>::new());
}

#[test]
fn each_answer_that_does_not_fit_is_named() {
    assert_eq!(beside("easy", Value::Number(8)), ["answers[1].number"]);
    assert_eq!(beside("easy", Value::Number(0)), ["answers[1].number"]);
    assert_eq!(beside("easy", Value::Text("7".to_owned())), ["answers[1]"]);
    assert_eq!(beside("channel", Value::Choice("fax".to_owned())), ["answers[1].choice"]);
    assert_eq!(beside("channel", Value::Number(0)), ["answers[1]"]);
    assert_eq!(beside("colour", Value::Number(1)), ["answers[1].question"]);
    assert_eq!(beside("recommend", Value::Number(9)), ["answers[1].question"]);
    assert_eq!(beside("why", Value::Text("a".repeat(LONGEST_TEXT + 1))), ["answers[1].text"]);
    assert_eq!(beside("why", Value::Text("nul\0".to_owned())), ["answers[1].text"]);
    let six = felt(&[("calm", 1), ("cosy", 1), ("eager", 1), ("glad", 1), ("heard", 1), ("lost", 1)], &[]);
    assert_eq!(beside("felt", six), ["answers[1].feelings.chosen"]);
    assert_eq!(
        beside("felt", felt(&[("calm", 1), ("calm", 2)], &[])),
        ["answers[1].feelings.chosen[1].term"]
    );
    assert_eq!(beside("felt", felt(&[("angry", 1)], &[])), ["answers[1].feelings.chosen[0].term"]);
    assert_eq!(beside("felt", felt(&[("calm", 4)], &[])), ["answers[1].feelings.chosen[0].intensity"]);
    assert_eq!(beside("felt", felt(&[], &["calm", "cosy"])), ["answers[1].feelings.order_shown"]);
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let wrong = [answer("easy", Value::Number(9)), answer("channel", Value::Choice("fax".to_owned()))];
    assert_eq!(fields(&wrong), ["answers[0].number", "answers[1].choice", "answers"]);
}

#[test]
fn blank_words_and_no_answers_are_no_answer() {
    let mut version = version();
    version.content.questions[0].required = false;
    for nothing in [vec![], vec![answer("why", Value::Text(" \n".to_owned()))]] {
        assert_eq!(violations(&version, &nothing)[0].field, "answers", "{nothing:?}");
    }
    version.content.questions[4].required = true;
    let blank = [answer("recommend", Value::Number(1)), answer("why", Value::Text(" ".to_owned()))];
    assert_eq!(violations(&version, &blank).len(), 1);
}

proptest! {
    #[test]
    fn a_number_is_accepted_exactly_on_its_scale(number: i32, kind in prop::sample::select(vec![
        Kind::Nps, Kind::Csat, Kind::Ces, Kind::Agreement,
    ])) {
        let mut version = version();
        version.content.questions = vec![question("it", kind, &[], true)];
        let fits = violations(&version, &[answer("it", Value::Number(number))]).is_empty();
        prop_assert_eq!(fits, kind.scale().unwrap().contains(&number));
    }

    #[test]
    fn any_choice_of_up_to_five_distinct_terms_is_accepted(
        chosen in prop::sample::subsequence(PALETTE.to_vec(), 0..=8),
        intensity in 1..=3,
    ) {
        let chosen: Vec<_> = chosen.into_iter().map(|term| (term, intensity)).collect();
        prop_assert_eq!(beside("felt", felt(&chosen, &[])).is_empty(), chosen.len() <= 5);
    }
}
