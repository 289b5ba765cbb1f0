//! What other services are told.

use arki_ids::UnitId;
use arki_proto::event::v1 as event;
use arki_rpc::time;

use crate::domain::rate::RosterUnit;
use crate::domain::tally::Part;
use crate::domain::{Opening, Question, Version, VersionKey, Wave};

/// Lines in one message: well below what a bus takes, whatever the questions.
pub const LINES: usize = 1_000;

pub fn opened(wave: &Wave, opening: &Opening, version: &Version) -> event::WaveOpened {
    event::WaveOpened {
        wave: wave.id.name(),
        display_name: wave.display_name.clone(),
        audience: wave.audience.word().to_owned(),
        anonymity: wave.anonymity.word().to_owned(),
        open_day: Some(time::date(opening.day)),
        minimum_group: i32::try_from(opening.minimum_group).unwrap_or(i32::MAX),
        questions: version.content.questions.iter().map(|one| question(version.key, one)).collect(),
    }
}

fn question(version: VersionKey, question: &Question) -> event::QuestionKey {
    event::QuestionKey {
        question: version.question_name(&question.key),
        kind: question.kind.word().to_owned(),
        options: question.options.iter().map(|option| option.key.clone()).collect(),
    }
}

pub fn counted(wave: &Wave, part: Part<'_>) -> event::ResponsesCounted {
    let Part { responses, counts } = part;
    let responses = responses.into_iter().map(|(unit, day, responses)| event::UnitResponses {
        unit: name(unit),
        day: Some(time::date(day)),
        responses: signed(responses),
    });
    let counts = counts.into_iter().map(|(question, unit, day, counts)| event::AnswerCounts {
        question: wave.version.question_name(&question.key),
        unit: name(unit),
        day: Some(time::date(day)),
        respondents: signed(counts.respondents),
        counts: counts.values.into_iter().map(|(value, times)| (value, signed(times))).collect(),
    });
    event::ResponsesCounted { wave: wave.id.name(), responses: responses.collect(), counts: counts.collect() }
}

pub fn closed(wave: &Wave, roster: &[RosterUnit]) -> event::WaveClosed {
    let invited = roster
        .iter()
        .filter(|row| row.invited > 0)
        .map(|row| event::UnitInvited { unit: name(row.unit), invited: signed(row.invited) });
    event::WaveClosed { wave: wave.id.name(), invited: invited.collect() }
}

fn name(unit: Option<UnitId>) -> String {
    unit.map(|unit| unit.name()).unwrap_or_default()
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
