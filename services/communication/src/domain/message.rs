//! What is told, and the question that shows whether it was understood.

use std::collections::BTreeSet;

use arki_ids::MessageId;
use arki_words::Words;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::letter::{LINK, placeholders};
use super::{Error, Violation};

/// A subject line that a mail program still shows in full is far shorter; this only stops abuse.
const SUBJECT_LENGTH: usize = 200;
const BODY_LENGTH: usize = 20_000;
const PART_LENGTH: usize = 4_000;
const QUESTION_LENGTH: usize = 1_000;
const LABEL_LENGTH: usize = 200;
/// Languages of one text.
const LANGUAGES: usize = 40;

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MessageKind {
    Strategy,
    Focus,
    Success,
    Uncertainty,
    NextStep,
    Invitation,
    Reminder,
}

impl MessageKind {
    /// As it is stored.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Strategy => "strategy",
            Self::Focus => "focus",
            Self::Success => "success",
            Self::Uncertainty => "uncertainty",
            Self::NextStep => "next_step",
            Self::Invitation => "invitation",
            Self::Reminder => "reminder",
        }
    }
}

/// What its writer gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MessageContent {
    pub(crate) kind: MessageKind,
    pub(crate) subject: Words,
    pub(crate) body: Words,
    pub(crate) why: Words,
    pub(crate) what_stays: Words,
    pub(crate) where_to_get_help: Words,
    pub(crate) comprehension: Option<Comprehension>,
}

/// One question under a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Comprehension {
    pub(crate) key: String,
    pub(crate) text: Words,
    pub(crate) options: Vec<OptionOf>,
}

/// An answer to choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OptionOf {
    pub(crate) key: String,
    pub(crate) label: Words,
    /// Whether choosing it shows that the message was understood.
    pub(crate) correct: bool,
}

/// A message as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) content: MessageContent,
    pub(crate) revision: i64,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
}

/// The fields of a message that are to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageChange {
    pub(crate) kind: Option<MessageKind>,
    pub(crate) subject: Option<Words>,
    pub(crate) body: Option<Words>,
    pub(crate) why: Option<Words>,
    pub(crate) what_stays: Option<Words>,
    pub(crate) where_to_get_help: Option<Words>,
    /// `Some(None)` takes the question away.
    pub(crate) comprehension: Option<Option<Comprehension>>,
}

impl Message {
    pub(crate) fn new(id: MessageId, content: MessageContent, now: DateTime<Utc>) -> Result<Self, Error> {
        content.check()?;
        Ok(Self { id, content, revision: 1, create_time: now, update_time: now })
    }

    /// The message after a change. `answered` is whether anybody has answered its question: then the question
    /// may be worded better, but what its answers mean is settled.
    pub(crate) fn change(
        &self,
        change: MessageChange,
        answered: bool,
        now: DateTime<Utc>,
    ) -> Result<Self, Error> {
        let MessageChange { kind, subject, body, why, what_stays, where_to_get_help, comprehension } = change;
        let old = &self.content;
        let content = MessageContent {
            kind: kind.unwrap_or(old.kind),
            subject: subject.unwrap_or_else(|| old.subject.clone()),
            body: body.unwrap_or_else(|| old.body.clone()),
            why: why.unwrap_or_else(|| old.why.clone()),
            what_stays: what_stays.unwrap_or_else(|| old.what_stays.clone()),
            where_to_get_help: where_to_get_help.unwrap_or_else(|| old.where_to_get_help.clone()),
            comprehension: comprehension.unwrap_or_else(|| old.comprehension.clone()),
        };
        content.check()?;
        if answered && meaning(&content.comprehension) != meaning(&old.comprehension) {
            return Err(Error::MessageInvalid(vec![Violation::new(
                "message.comprehension",
                "has been answered: its options stay as they are, make a new message for another question",
            )]));
        }
        Ok(Self {
            id: self.id,
            content,
            revision: self.revision + 1,
            create_time: self.create_time,
            update_time: now,
        })
    }
}

/// What a question measures, whatever its words.
fn meaning(question: &Option<Comprehension>) -> Option<(&str, Vec<(&str, bool)>)> {
    question.as_ref().map(|question| {
        let options = question.options.iter().map(|option| (option.key.as_str(), option.correct)).collect();
        (question.key.as_str(), options)
    })
}

impl MessageContent {
    /// Whether the parts fit together; all violations at once.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let Self { kind: _, subject, body, why, what_stays, where_to_get_help, comprehension } = self;
        let mut found = Vec::new();
        text(subject, "message.subject", SUBJECT_LENGTH, &mut found);
        text(body, "message.body", BODY_LENGTH, &mut found);
        text(why, "message.why", PART_LENGTH, &mut found);
        text(what_stays, "message.what_stays", PART_LENGTH, &mut found);
        text(where_to_get_help, "message.where_to_get_help", PART_LENGTH, &mut found);
        for (language, line) in subject.iter().filter(|(_, line)| line.chars().any(char::is_control)) {
            found.push(Violation::new(
                "message.subject",
                format!(
                    "must be one line, the one in {language:?} has {} characters of control",
                    controls(line)
                ),
            ));
        }
        if !subject.iter().any(|(language, _)| body.exactly(language).is_some()) {
            found.push(Violation::new(
                "message.body",
                "must have words in at least one language in which there is a subject",
            ));
        }
        for (field, words) in [
            ("message.subject", subject),
            ("message.body", body),
            ("message.why", why),
            ("message.what_stays", what_stays),
            ("message.where_to_get_help", where_to_get_help),
        ] {
            let known = |name: &str| field == "message.body" && name == LINK;
            let unknown: BTreeSet<_> =
                words.iter().flat_map(|(_, text)| placeholders(text)).filter(|name| !known(name)).collect();
            for name in unknown {
                found.push(Violation::new(
                    field,
                    format!("has the placeholder {{{name}}}, but there is only {{{LINK}}}, in the body"),
                ));
            }
        }
        if let Some(question) = comprehension {
            question.check(&mut found);
        }
        if found.is_empty() { Ok(()) } else { Err(Error::MessageInvalid(found)) }
    }
}

impl Comprehension {
    fn check(&self, found: &mut Vec<Violation>) {
        let Self { key: _, text: question, options } = self;
        let field = "message.comprehension";
        if question.is_empty() {
            found.push(Violation::new(format!("{field}.text"), "must have words in at least one language"));
        }
        text(question, &format!("{field}.text"), QUESTION_LENGTH, found);
        let mut keys = BTreeSet::new();
        for (index, OptionOf { key, label, correct: _ }) in options.iter().enumerate() {
            if !keys.insert(key.as_str()) {
                found.push(Violation::new(
                    format!("{field}.options[{index}].key"),
                    "must differ from the others",
                ));
            }
            if label.is_empty() {
                let path = format!("{field}.options[{index}].label");
                found.push(Violation::new(path, "must have words in at least one language"));
            }
            text(label, &format!("{field}.options[{index}].label"), LABEL_LENGTH, found);
        }
        let correct = options.iter().filter(|option| option.correct).count();
        if correct == 0 || correct == options.len() {
            found.push(Violation::new(
                format!("{field}.options"),
                "must have at least one correct answer and one that is not",
            ));
        }
    }

    pub(crate) fn option(&self, key: &str) -> Option<&OptionOf> {
        self.options.iter().find(|option| option.key == key)
    }
}

fn text(words: &Words, field: &str, length: usize, found: &mut Vec<Violation>) {
    if words.iter().count() > LANGUAGES {
        found.push(Violation::new(field, format!("must be in at most {LANGUAGES} languages")));
    }
    for (language, text) in words.iter() {
        if text.chars().count() > length {
            let description =
                format!("must have at most {length} characters, the text in {language:?} has more");
            found.push(Violation::new(field, description));
        }
        if text.contains('\0') {
            found.push(Violation::new(field, "must not have the character NUL"));
        }
        if !is_tag(language) {
            let description =
                format!("has the language {language:?}, which is not a tag such as fi or sv-FI");
            found.push(Violation::new(field, description));
        }
    }
}

/// Whether a text is shaped like a BCP 47 tag.
fn is_tag(language: &str) -> bool {
    let mut parts = language.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && language.len() <= 35
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn controls(line: &str) -> usize {
    line.chars().filter(|character| character.is_control()).count()
}

#[cfg(test)]
mod tests;
