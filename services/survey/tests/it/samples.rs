//! A small organisation, and what it is asked.

use arki_ids::UnitId;
use arki_proto::directory::v1 as directory;
use arki_proto::directory::v1::PersonKind;
use arki_proto::survey::v1 as pb;
use arki_proto::r#type::v1::LocalizedText;
use arki_test_support::Organisation;
use uuid::Uuid;

/// A unit of the sample organisation: 1 is the company, 2 the counters, 3 the drivers.
pub(crate) fn unit(number: u128) -> UnitId {
    UnitId::from_uuid(Uuid::from_u128(number))
}

/// Each with the one above, and its key in the HR system.
fn units(units: &[(u128, Option<u128>, &str)]) -> Vec<directory::Unit> {
    let known = |&(number, above, key): &(u128, Option<u128>, &str)| directory::Unit {
        external_id: key.to_owned(),
        ..arki_test_support::directory::unit(unit(number), key, above.map(unit))
    };
    units.iter().map(known).collect()
}

pub(crate) fn add(
    to: &mut Organisation,
    count: usize,
    kind: PersonKind,
    unit: Option<UnitId>,
    language: &str,
) {
    for _ in 0..count {
        to.person(directory::Person {
            kind: kind.into(),
            unit: unit.map(|unit| unit.name()).unwrap_or_default(),
            language: language.to_owned(),
            ..Default::default()
        });
    }
}

/// Twelve at the counters, four who drive, three customers of the counters, a prospect who belongs nowhere.
pub(crate) fn organisation() -> Organisation {
    let mut all = Organisation {
        units: units(&[(1, None, "company"), (2, Some(1), "counters"), (3, Some(1), "drivers")]),
        ..Organisation::default()
    };
    all.rules.default_language = "fi".to_owned();
    add(&mut all, 12, PersonKind::Employee, Some(unit(2)), "fi");
    add(&mut all, 4, PersonKind::Employee, Some(unit(3)), "sv");
    add(&mut all, 3, PersonKind::Customer, Some(unit(2)), "en");
    add(&mut all, 1, PersonKind::Prospect, None, "de");
    all
}

/// An organisation of so many employees in one unit.
pub(crate) fn crowd(count: usize) -> Organisation {
    let mut all = Organisation {
        units: units(&[(1, None, "company"), (2, Some(1), "counters")]),
        ..Organisation::default()
    };
    add(&mut all, count, PersonKind::Employee, Some(unit(2)), "fi");
    all
}

pub(crate) fn words(text: &str) -> Option<LocalizedText> {
    let by_language =
        ["fi", "sv", "en"].map(|language| (language.to_owned(), format!("{text} ({language})")));
    Some(LocalizedText { by_language: by_language.into() })
}

pub(crate) const PALETTE: [&str; 8] = ["calm", "cosy", "eager", "glad", "heard", "hurried", "lost", "tense"];

fn question(key: &str, kind: pb::QuestionKind, options: &[&str]) -> pb::Question {
    pb::Question {
        key: key.to_owned(),
        kind: kind.into(),
        text: words(key),
        options: options.iter().map(|key| pb::Option { key: (*key).to_owned(), label: words(key) }).collect(),
        required: key == "recommend",
        ..Default::default()
    }
}

pub(crate) fn questionnaire() -> pb::Questionnaire {
    pb::Questionnaire {
        display_name: "At the counter".to_owned(),
        title: words("How was it"),
        purpose: words("So that we do better"),
        languages: ["fi", "sv", "en"].map(str::to_owned).to_vec(),
        questions: vec![
            question("recommend", pb::QuestionKind::Nps, &[]),
            question("easy", pb::QuestionKind::Ces, &[]),
            question("channel", pb::QuestionKind::SingleChoice, &["counter", "phone"]),
            question("felt", pb::QuestionKind::EmotionPalette, &PALETTE),
            question("why", pb::QuestionKind::OpenText, &[]),
        ],
        ..Default::default()
    }
}

pub(crate) fn wave(
    version: &pb::QuestionnaireVersion,
    audience: pb::WaveAudience,
    anonymity: pb::Anonymity,
) -> pb::Wave {
    pb::Wave {
        display_name: "Autumn".to_owned(),
        questionnaire_version: version.name.clone(),
        audience: audience.into(),
        anonymity: anonymity.into(),
        sender: words("Testi Oy"),
        ..Default::default()
    }
}

pub(crate) fn number(question: &str, number: i32) -> pb::Answer {
    pb::Answer { question: question.to_owned(), value: Some(pb::answer::Value::Number(number)) }
}

pub(crate) fn felt(terms: &[&str], order_shown: &[&str]) -> pb::Answer {
    let chosen = terms.iter().map(|term| pb::Feeling { term: (*term).to_owned(), intensity: 2 }).collect();
    let order_shown = order_shown.iter().map(ToString::to_string).collect();
    let feelings = pb::Feelings { chosen, order_shown };
    pb::Answer { question: "felt".to_owned(), value: Some(pb::answer::Value::Feelings(feelings)) }
}
