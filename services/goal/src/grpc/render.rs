//! What the domain answers, as messages.

use arki_ids::{Id, Kind};
use arki_proto::goal::v1 as pb;
use arki_proto::r#type::v1::LocalizedText;
use arki_rpc::time::timestamp;
use arki_words::Words;

use crate::domain::coverage::{Counts, Report, UnitCoverage};
use crate::domain::lint::{Finding, FindingKind};
use crate::domain::{
    Commitment, CommitmentState, Goal, GoalContent, Organisation, Place, Vision, VisionContent,
};
use crate::service::Coverage;

fn name<K: Kind>(id: Option<Id<K>>) -> String {
    id.map(|id| id.name()).unwrap_or_default()
}

fn text(words: Words) -> Option<LocalizedText> {
    Some(LocalizedText { by_language: words.into() })
}

fn texts(list: Vec<Words>) -> Vec<LocalizedText> {
    list.into_iter().map(|words| LocalizedText { by_language: words.into() }).collect()
}

/// A count or a place in a text; neither comes near the end of the range.
fn number<T: TryInto<i32>>(value: T) -> i32 {
    value.try_into().unwrap_or(i32::MAX)
}

pub(super) fn vision(vision: Vision) -> pb::Vision {
    let Vision { id, content, state, revision, create_time, update_time } = vision;
    let VisionContent { statement, customer_meaning, staff_meaning, strategy_reference, sponsor } = content;
    pb::Vision {
        name: id.name(),
        statement: text(statement),
        customer_meaning: text(customer_meaning),
        staff_meaning: text(staff_meaning),
        strategy_reference,
        sponsor: name(sponsor),
        state: state.as_str().to_owned(),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: revision.to_string(),
    }
}

pub(super) fn goal(goal: Goal) -> pb::Goal {
    let Goal { id, vision, parent, place, content, state, revision, create_time, update_time } = goal;
    let Place { unit, role } = place;
    let GoalContent { title, everyday_text, to_do, enough, not_asked, owner, metric, weight } = content;
    pb::Goal {
        name: id.name(),
        vision: vision.name(),
        parent: name(parent),
        unit: name(unit),
        role: name(role),
        title: text(title),
        everyday_text: text(everyday_text),
        r#do: texts(to_do),
        enough: texts(enough),
        not_asked: texts(not_asked),
        owner: name(owner),
        metric: name(metric),
        weight: number(weight),
        state: state.as_str().to_owned(),
        create_time: Some(timestamp(create_time)),
        update_time: Some(timestamp(update_time)),
        etag: revision.to_string(),
    }
}

pub(super) fn commitment(commitment: Commitment) -> pb::Commitment {
    let Commitment { goal, person, state, own_words, objection, update_time } = commitment;
    let state = match state {
        CommitmentState::Unseen => pb::CommitmentState::Unseen,
        CommitmentState::Seen => pb::CommitmentState::Seen,
        CommitmentState::Understood => pb::CommitmentState::Understood,
        CommitmentState::Committed => pb::CommitmentState::Committed,
        CommitmentState::Objected => pb::CommitmentState::Objected,
    };
    pb::Commitment {
        goal: goal.name(),
        person: person.name(),
        state: state.into(),
        own_words,
        objection,
        update_time: Some(timestamp(update_time)),
    }
}

pub(super) fn finding(finding: Finding) -> pb::LintFinding {
    let Finding { kind, start, end, words, advice } = finding;
    let kind = match kind {
        FindingKind::Adjective => pb::LintKind::EmptyAdjective,
        FindingKind::NumberOnly => pb::LintKind::NumberOnly,
    };
    pb::LintFinding {
        kind: kind.into(),
        start: number(start),
        end: number(end),
        words,
        advice: advice.to_owned(),
    }
}

pub(super) fn coverage(vision: String, coverage: Coverage) -> pb::GetCoverageResponse {
    let Coverage { report, tree } = coverage;
    let Report { total, units, holes } = report;
    pb::GetCoverageResponse {
        vision,
        total: Some(unit_coverage(total, &tree)),
        units: units.into_iter().map(|unit| unit_coverage(unit, &tree)).collect(),
        holes: holes.into_iter().map(|unit| unit.name()).collect(),
    }
}

fn unit_coverage(coverage: UnitCoverage, tree: &Organisation) -> pb::UnitCoverage {
    let UnitCoverage { unit, counts, shown } = coverage;
    let Counts { employees, with_goal, states: [unseen, seen, understood, committed, objected] } = counts;
    let place = unit.and_then(|unit| tree.position(unit)).and_then(|position| tree.units().get(position));
    pb::UnitCoverage {
        unit: name(unit),
        display_name: place.map(|unit| unit.display_name.clone()).unwrap_or_default(),
        employees: number(employees),
        with_goal: number(with_goal),
        shown,
        unseen: number(unseen),
        seen: number(seen),
        understood: number(understood),
        committed: number(committed),
        objected: number(objected),
    }
}
