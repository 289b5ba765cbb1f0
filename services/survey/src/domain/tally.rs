//! Counting answers: how often each value was given, by question, unit and day.

use std::collections::BTreeMap;

use arki_ids::UnitId;
use chrono::NaiveDate;

use super::answer::Value;
use super::questionnaire::{Kind, Question, Version};

/// How often each value was given.
pub struct Tally<'v> {
    version: &'v Version,
    groups: BTreeMap<(Option<UnitId>, NaiveDate), Group>,
}

struct Group {
    responses: u64,
    /// By the place of the question.
    questions: Vec<Counts>,
}

/// The answers to one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// How many answered it.
    pub respondents: u64,
    /// How often each raw value was given, or each option by its place.
    pub values: BTreeMap<i32, u64>,
}

/// A part of a tally that fits into one message.
#[derive(Debug, Default)]
pub struct Part<'v> {
    pub responses: Vec<(Option<UnitId>, NaiveDate, u64)>,
    pub counts: Vec<(&'v Question, Option<UnitId>, NaiveDate, Counts)>,
}

impl<'v> Tally<'v> {
    pub fn new(version: &'v Version) -> Self {
        Self { version, groups: BTreeMap::new() }
    }

    pub fn add<'a>(
        &mut self,
        unit: Option<UnitId>,
        day: NaiveDate,
        answers: impl Iterator<Item = (&'a str, &'a Value)>,
    ) {
        let questions = &self.version.content.questions;
        let group = self
            .groups
            .entry((unit, day))
            .or_insert_with(|| Group { responses: 0, questions: vec![Counts::default(); questions.len()] });
        group.responses += 1;
        for (key, value) in answers {
            // Own words are not counted, and a question that is not there can't have been stored.
            if let Some((place, question)) =
                self.version.question(key).filter(|(_, q)| q.kind != Kind::OpenText)
            {
                group.questions[place].add(question, value);
            }
        }
    }

    /// The tally in parts of about `most` lines each.
    pub fn parts(self, most: usize) -> Vec<Part<'v>> {
        let mut parts: Vec<Part<'v>> = Vec::new();
        for ((unit, day), group) in self.groups {
            if parts.last().is_none_or(|part| part.responses.len() + part.counts.len() >= most) {
                parts.push(Part::default());
            }
            if let Some(part) = parts.last_mut() {
                part.responses.push((unit, day, group.responses));
                let counted = self.version.content.questions.iter().zip(group.questions);
                let given = counted.filter(|(_, counts)| counts.respondents > 0);
                part.counts.extend(given.map(|(question, counts)| (question, unit, day, counts)));
            }
        }
        parts
    }
}

impl Counts {
    fn add(&mut self, question: &Question, value: &Value) {
        self.respondents += 1;
        match value {
            Value::Number(number) => self.once(Some(*number)),
            Value::Choice(key) => self.once(place(question, key)),
            Value::Feelings(feelings) => {
                for feeling in &feelings.chosen {
                    self.once(place(question, &feeling.term));
                }
            }
            Value::Text(_) => {}
        }
    }

    fn once(&mut self, value: Option<i32>) {
        if let Some(value) = value {
            *self.values.entry(value).or_default() += 1;
        }
    }
}

fn place(question: &Question, option: &str) -> Option<i32> {
    question.position(option).and_then(|place| i32::try_from(place).ok())
}

#[cfg(test)]
mod tests {
    use arki_ids::QuestionnaireId;
    use arki_words::Words;
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::answer::{Feeling, Feelings};
    use crate::domain::questionnaire::{Choice, Content, VersionKey};

    fn version() -> Version {
        let question = |key: &str, kind, options: &[&str]| Question {
            key: key.to_owned(),
            kind,
            text: Words::new("en", key),
            help: Words::default(),
            required: false,
            options: options
                .iter()
                .map(|key| Choice { key: (*key).to_owned(), label: Words::new("en", key) })
                .collect(),
            low_label: Words::default(),
            high_label: Words::default(),
            reversed: false,
        };
        let questions = vec![
            question("recommend", Kind::Nps, &[]),
            question("felt", Kind::EmotionPalette, &["calm", "glad", "lost"]),
            question("why", Kind::OpenText, &[]),
        ];
        let key = VersionKey { questionnaire: QuestionnaireId::random(), number: 1 };
        let content = Content { questions, ..Content::default() };
        Version { key, display_name: String::new(), content, publish_time: DateTime::UNIX_EPOCH }
    }

    fn add(tally: &mut Tally<'_>, unit: Option<UnitId>, answers: &BTreeMap<String, Value>) {
        tally.add(unit, NaiveDate::default(), answers.iter().map(|(key, value)| (key.as_str(), value)));
    }

    fn answers(number: i32, terms: &[&str]) -> BTreeMap<String, Value> {
        let chosen = terms.iter().map(|term| Feeling { term: (*term).to_owned(), intensity: 2 }).collect();
        BTreeMap::from([
            ("recommend".to_owned(), Value::Number(number)),
            ("felt".to_owned(), Value::Feelings(Feelings { chosen, order_shown: Vec::new() })),
            ("why".to_owned(), Value::Text("because".to_owned())),
        ])
    }

    #[test]
    fn counts_people_and_values_and_no_words() {
        let version = version();
        let mut tally = Tally::new(&version);
        add(&mut tally, None, &answers(9, &["lost", "calm"]));
        add(&mut tally, None, &answers(9, &[]));
        let parts = tally.parts(100);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].responses, [(None, NaiveDate::default(), 2)]);
        let counted: Vec<_> = parts[0]
            .counts
            .iter()
            .map(|(question, _, _, counts)| {
                (question.key.as_str(), counts.respondents, counts.values.clone())
            })
            .collect();
        assert_eq!(
            counted,
            [
                ("recommend", 2, BTreeMap::from([(9, 2)])),
                // One of the two chose nothing of it: respondents are more than the counts say.
                ("felt", 2, BTreeMap::from([(0, 1), (2, 1)])),
            ]
        );
    }

    proptest! {
        #[test]
        fn parts_hold_every_response_once_whatever_their_size(
            given in prop::collection::vec((0_u128..5, 0_i32..=10), 0..60),
            most in 1_usize..9,
        ) {
            let version = version();
            let mut tally = Tally::new(&version);
            for (unit, number) in &given {
                let unit = UnitId::from_uuid(uuid::Uuid::from_u128(*unit));
                add(&mut tally, Some(unit), &answers(*number, &["glad"]));
            }
            let parts = tally.parts(most);
            let responses: u64 = parts.iter().flat_map(|part| &part.responses).map(|(_, _, count)| count).sum();
            let values: u64 = parts.iter().flat_map(|part| &part.counts).map(|(_, _, _, c)| c.values.values().sum::<u64>()).sum();
            prop_assert_eq!(responses, given.len() as u64);
            prop_assert_eq!(values, 2 * given.len() as u64);
        }
    }
}
