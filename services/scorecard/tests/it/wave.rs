//! What the survey and the directory tell of a wave, as a test says it.

use std::collections::BTreeMap;

use arki_ids::{QuestionnaireId, UnitId, WaveId};
use arki_proto::event::v1 as event;
use arki_proto::google::r#type::Date;
use chrono::NaiveDate;

/// The questions that every wave of the tests asks.
pub(crate) const PALETTE: [&str; 4] = ["calm", "glad", "lost", "seen"];

pub(crate) fn date(day: NaiveDate) -> Option<Date> {
    Some(arki_rpc::time::date(day))
}

/// A day of March 2026.
pub(crate) fn march(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

/// A wave that opens on the first of March.
#[derive(Clone, Debug)]
pub(crate) struct Wave {
    pub(crate) id: WaveId,
    pub(crate) questionnaire: QuestionnaireId,
    pub(crate) audience: &'static str,
    pub(crate) open_day: NaiveDate,
    pub(crate) minimum_group: i32,
}

impl Wave {
    pub(crate) fn of(audience: &'static str, questionnaire: QuestionnaireId) -> Self {
        Self { id: WaveId::generate(), questionnaire, audience, open_day: march(1), minimum_group: 5 }
    }

    pub(crate) fn question(&self, key: &str) -> String {
        question(self.questionnaire, key)
    }

    pub(crate) fn opened(&self) -> event::WaveOpened {
        let key = |key: &str, kind: &str, options: &[&str]| event::QuestionKey {
            question: self.question(key),
            kind: kind.to_owned(),
            options: options.iter().map(ToString::to_string).collect(),
        };
        event::WaveOpened {
            wave: self.id.name(),
            display_name: "Spring".to_owned(),
            audience: self.audience.to_owned(),
            anonymity: "anonymous".to_owned(),
            open_day: date(self.open_day),
            minimum_group: self.minimum_group,
            questions: vec![
                key("recommend", "nps", &[]),
                key("heard", "agreement", &[]),
                key("pleased", "csat", &[]),
                key("felt", "emotion_palette", &PALETTE),
                key("why", "open_text", &[]),
            ],
        }
    }

    pub(crate) fn closed(&self, invited: &[(Option<UnitId>, i64)]) -> event::WaveClosed {
        let invited = invited
            .iter()
            .map(|(unit, invited)| event::UnitInvited { unit: name(*unit), invited: *invited })
            .collect();
        event::WaveClosed { wave: self.id.name(), invited }
    }
}

pub(crate) fn question(questionnaire: QuestionnaireId, key: &str) -> String {
    format!("{}/questions/{key}", questionnaire.name())
}

pub(crate) fn name(unit: Option<UnitId>) -> String {
    unit.map(|unit| unit.name()).unwrap_or_default()
}

/// One person's answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) recommend: Option<i32>,
    pub(crate) heard: Option<i32>,
    pub(crate) pleased: Option<i32>,
    /// The places of the feelings that were chosen.
    pub(crate) felt: Option<Vec<i32>>,
}

pub(crate) fn heard(values: &[i32]) -> Vec<Answers> {
    values.iter().map(|value| Answers { heard: Some(*value), ..Answers::default() }).collect()
}

pub(crate) fn recommend(values: &[i32]) -> Vec<Answers> {
    values.iter().map(|value| Answers { recommend: Some(*value), ..Answers::default() }).collect()
}

pub(crate) fn felt(chosen: &[&[i32]]) -> Vec<Answers> {
    chosen.iter().map(|places| Answers { felt: Some(places.to_vec()), ..Answers::default() }).collect()
}

/// How many answered, and how often each value was given.
type Given = (i64, BTreeMap<i32, i64>);

/// Counts as the survey does: by question, unit and day, without a person.
pub(crate) fn counted(
    wave: &Wave,
    answers: &[(Option<UnitId>, NaiveDate, Answers)],
) -> event::ResponsesCounted {
    let mut responses: BTreeMap<(Option<UnitId>, NaiveDate), i64> = BTreeMap::new();
    let mut counts: BTreeMap<(&str, Option<UnitId>, NaiveDate), Given> = BTreeMap::new();
    for (unit, day, given) in answers {
        *responses.entry((*unit, *day)).or_default() += 1;
        let Answers { recommend, heard, pleased, felt } = given;
        let one = |value: &Option<i32>| value.map(|value| vec![value]);
        let given = [("recommend", one(recommend)), ("heard", one(heard)), ("pleased", one(pleased))];
        for (key, values) in given.into_iter().chain([("felt", felt.clone())]) {
            let Some(values) = values else { continue };
            let (people, by_value) = counts.entry((key, *unit, *day)).or_default();
            *people += 1;
            for value in values {
                *by_value.entry(value).or_default() += 1;
            }
        }
    }
    event::ResponsesCounted {
        wave: wave.id.name(),
        responses: responses
            .into_iter()
            .map(|((unit, day), responses)| event::UnitResponses {
                unit: name(unit),
                day: date(day),
                responses,
            })
            .collect(),
        counts: counts
            .into_iter()
            .map(|((key, unit, day), (respondents, counts))| event::AnswerCounts {
                question: wave.question(key),
                unit: name(unit),
                day: date(day),
                respondents,
                counts,
            })
            .collect(),
    }
}

/// A unit that is there since the beginning of the year.
pub(crate) fn unit_changed(
    unit: UnitId,
    parent: Option<UnitId>,
    display_name: &str,
    revision: i64,
) -> event::UnitChanged {
    let version = event::UnitVersion {
        parent: name(parent),
        display_name: display_name.to_owned(),
        leader: String::new(),
        valid_from: date(NaiveDate::from_ymd_opt(2026, 1, 1).unwrap()),
        valid_to: None,
    };
    event::UnitChanged { unit: unit.name(), revision, versions: vec![version] }
}
