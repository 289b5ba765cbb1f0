//! Questionnaires and versions.

use std::collections::BTreeSet;

use arki_proto::survey::v1 as pb;
use arki_rpc::{Failure, time};

use super::words::{text, words};
use crate::domain::questionnaire::Change;
use crate::domain::{Choice, Content, Kind, Question, Questionnaire, Version, VersionKey};

/// The fields that a questionnaire's update may change.
pub(super) const CHANGEABLE: [&str; 5] = ["display_name", "title", "purpose", "languages", "questions"];

pub(super) fn read(given: pb::Questionnaire) -> Result<(String, Content), Failure> {
    let pb::Questionnaire {
        name: _,
        display_name,
        title,
        purpose,
        languages,
        questions,
        latest_version: _,
        create_time: _,
        update_time: _,
        etag: _,
    } = given;
    let questions = questions
        .into_iter()
        .enumerate()
        .map(|(index, one)| question(one, &format!("questionnaire.questions[{index}]")))
        .collect::<Result<_, _>>()?;
    Ok((display_name, Content { title: words(title), purpose: words(purpose), languages, questions }))
}

/// Reads the given fields of a questionnaire and looks at no other.
pub(super) fn read_change(
    mut given: pb::Questionnaire,
    fields: &BTreeSet<String>,
) -> Result<Change, Failure> {
    let is = |field: &str| fields.contains(field);
    if !is("questions") {
        given.questions.clear();
    }
    let (display_name, Content { title, purpose, languages, questions }) = read(given)?;
    Ok(Change {
        display_name: is("display_name").then_some(display_name),
        title: is("title").then_some(title),
        purpose: is("purpose").then_some(purpose),
        languages: is("languages").then_some(languages),
        questions: is("questions").then_some(questions),
    })
}

fn question(given: pb::Question, at: &str) -> Result<Question, Failure> {
    let kind = given.kind();
    let pb::Question { key, kind: _, text, help, required, options, low_label, high_label, reversed } = given;
    let kind = match kind {
        pb::QuestionKind::Nps => Kind::Nps,
        pb::QuestionKind::Csat => Kind::Csat,
        pb::QuestionKind::Ces => Kind::Ces,
        pb::QuestionKind::Agreement => Kind::Agreement,
        pb::QuestionKind::EmotionPalette => Kind::EmotionPalette,
        pb::QuestionKind::SingleChoice => Kind::SingleChoice,
        pb::QuestionKind::OpenText => Kind::OpenText,
        pb::QuestionKind::Unspecified => {
            return Err(Failure::invalid_field(format!("{at}.kind"), "must be given"));
        }
    };
    let options =
        options.into_iter().map(|pb::Option { key, label }| Choice { key, label: words(label) }).collect();
    Ok(Question {
        key,
        kind,
        text: words(text),
        help: words(help),
        required,
        options,
        low_label: words(low_label),
        high_label: words(high_label),
        reversed,
    })
}

pub(super) fn kind(kind: Kind) -> pb::QuestionKind {
    match kind {
        Kind::Nps => pb::QuestionKind::Nps,
        Kind::Csat => pb::QuestionKind::Csat,
        Kind::Ces => pb::QuestionKind::Ces,
        Kind::Agreement => pb::QuestionKind::Agreement,
        Kind::EmotionPalette => pb::QuestionKind::EmotionPalette,
        Kind::SingleChoice => pb::QuestionKind::SingleChoice,
        Kind::OpenText => pb::QuestionKind::OpenText,
    }
}

pub(super) fn render(questionnaire: Questionnaire) -> pb::Questionnaire {
    let Questionnaire { id, display_name, content, latest_version, create_time, update_time, revision } =
        questionnaire;
    pb::Questionnaire {
        name: id.name(),
        latest_version: signed(latest_version),
        create_time: Some(time::timestamp(create_time)),
        update_time: Some(time::timestamp(update_time)),
        etag: revision.to_string(),
        ..frozen(display_name, content)
    }
}

pub(super) fn render_version(version: Version) -> pb::QuestionnaireVersion {
    let Version { key, display_name, content, publish_time } = version;
    let VersionKey { questionnaire, number } = key;
    let content = pb::Questionnaire {
        name: questionnaire.name(),
        latest_version: signed(number),
        ..frozen(display_name, content)
    };
    pb::QuestionnaireVersion {
        name: key.to_string(),
        number: signed(number),
        content: Some(content),
        publish_time: Some(time::timestamp(publish_time)),
    }
}

fn frozen(display_name: String, content: Content) -> pb::Questionnaire {
    let Content { title, purpose, languages, questions } = content;
    pb::Questionnaire {
        name: String::new(),
        display_name,
        title: text(&title),
        purpose: text(&purpose),
        languages,
        questions: questions.into_iter().map(render_question).collect(),
        latest_version: 0,
        create_time: None,
        update_time: None,
        etag: String::new(),
    }
}

fn render_question(question: Question) -> pb::Question {
    let Question {
        key,
        kind: of_kind,
        text: asked,
        help,
        required,
        options,
        low_label,
        high_label,
        reversed,
    } = question;
    pb::Question {
        key,
        kind: kind(of_kind).into(),
        text: text(&asked),
        help: text(&help),
        required,
        options: options
            .into_iter()
            .map(|Choice { key, label }| pb::Option { key, label: text(&label) })
            .collect(),
        low_label: text(&low_label),
        high_label: text(&high_label),
        reversed,
    }
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
