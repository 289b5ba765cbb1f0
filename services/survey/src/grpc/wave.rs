//! Waves, invitations and rates.

use std::collections::BTreeSet;

use arki_proto::survey::v1 as pb;
use arki_rpc::{Failure, time};

use super::words::{id, text, words};
use crate::domain::ineligible::Shown;
use crate::domain::rate::{Rate, Rates};
use crate::domain::wave::{Change, Draft};
use crate::domain::{
    Anonymity, Audience, Invitation, InvitationState, Opening, State, Token, VersionKey, Wave,
};
use crate::service::waves::Counted;

/// The fields that a wave's update may change.
pub(super) const CHANGEABLE: [&str; 9] = [
    "display_name",
    "questionnaire_version",
    "audience",
    "units",
    "anonymity",
    "close_time",
    "sender",
    "results_day",
    "is_relational",
];

/// Reads a whole wave.
pub(super) fn read(given: pb::Wave) -> Result<Draft, Failure> {
    let fields = CHANGEABLE.iter().map(ToString::to_string).collect();
    let missing = |field: &str| Failure::invalid_field(format!("wave.{field}"), "must be given");
    let Change {
        display_name,
        version,
        audience,
        units,
        anonymity,
        is_relational,
        close_time,
        sender,
        results_day,
    } = read_change(given, &fields)?;
    Ok(Draft {
        display_name: display_name.ok_or_else(|| missing("display_name"))?,
        version: version.ok_or_else(|| missing("questionnaire_version"))?,
        audience: audience.ok_or_else(|| missing("audience"))?,
        units: units.unwrap_or_default(),
        anonymity: anonymity.ok_or_else(|| missing("anonymity"))?,
        is_relational: is_relational.unwrap_or_default(),
        close_time: close_time.flatten(),
        sender: sender.ok_or_else(|| missing("sender"))?,
        results_day: results_day.flatten(),
    })
}

/// Reads the given fields of a wave and looks at no other.
pub(super) fn read_change(given: pb::Wave, fields: &BTreeSet<String>) -> Result<Change, Failure> {
    let (audience, anonymity) = (given.audience(), given.anonymity());
    let pb::Wave {
        name: _,
        display_name,
        questionnaire_version,
        audience: _,
        units,
        anonymity: _,
        state: _,
        open_time: _,
        close_time,
        minimum_group: _,
        invitations: _,
        responses: _,
        sender,
        results_day,
        create_time: _,
        update_time: _,
        etag: _,
        is_relational,
    } = given;
    let is = |field: &str| fields.contains(field);
    let mut change = Change { display_name: is("display_name").then_some(display_name), ..Change::default() };
    if is("questionnaire_version") {
        let version = VersionKey::from_name(&questionnaire_version).ok_or_else(|| {
            Failure::invalid_field(
                "wave.questionnaire_version",
                "must be questionnaires/qst_…/versions/NUMBER",
            )
        })?;
        change.version = Some(version);
    }
    if is("audience") {
        change.audience = Some(read_audience(audience)?);
    }
    if is("units") {
        let units = units.iter().enumerate().map(|(index, unit)| id(unit, &format!("wave.units[{index}]")));
        change.units = Some(units.collect::<Result<_, _>>()?);
    }
    if is("anonymity") {
        change.anonymity = Some(read_anonymity(anonymity)?);
    }
    change.is_relational = is("is_relational").then_some(is_relational);
    if is("close_time") {
        let close_time = close_time.map(|at| time::from_timestamp(at, "wave.close_time")).transpose()?;
        change.close_time = Some(close_time);
    }
    if is("sender") {
        let sender = words(sender);
        if sender.is_empty() {
            return Err(Failure::invalid_field("wave.sender", "must have words in at least one language"));
        }
        change.sender = Some(sender);
    }
    if is("results_day") {
        change.results_day =
            Some(results_day.map(|day| time::from_date(day, "wave.results_day")).transpose()?);
    }
    Ok(change)
}

fn read_audience(audience: pb::WaveAudience) -> Result<Audience, Failure> {
    match audience {
        pb::WaveAudience::Employees => Ok(Audience::Employees),
        pb::WaveAudience::Customers => Ok(Audience::Customers),
        pb::WaveAudience::Prospects => Ok(Audience::Prospects),
        pb::WaveAudience::FormerCustomers => Ok(Audience::FormerCustomers),
        pb::WaveAudience::Candidates => Ok(Audience::Candidates),
        pb::WaveAudience::Leavers => Ok(Audience::Leavers),
        pb::WaveAudience::Unspecified => Err(Failure::invalid_field("wave.audience", "must be given")),
    }
}

fn read_anonymity(anonymity: pb::Anonymity) -> Result<Anonymity, Failure> {
    match anonymity {
        pb::Anonymity::Identified => Ok(Anonymity::Identified),
        pb::Anonymity::Confidential => Ok(Anonymity::Confidential),
        pb::Anonymity::Anonymous => Ok(Anonymity::Anonymous),
        pb::Anonymity::Unspecified => Err(Failure::invalid_field("wave.anonymity", "must be given")),
    }
}

pub(super) fn anonymity(anonymity: Anonymity) -> pb::Anonymity {
    match anonymity {
        Anonymity::Identified => pb::Anonymity::Identified,
        Anonymity::Confidential => pb::Anonymity::Confidential,
        Anonymity::Anonymous => pb::Anonymity::Anonymous,
    }
}

pub(super) fn minimum_group(wave: &Wave) -> i32 {
    wave.opening.as_ref().map_or(0, |opening| i32::try_from(opening.minimum_group).unwrap_or(i32::MAX))
}

pub(super) fn render(counted: Counted) -> pb::Wave {
    let Counted { wave, responses } = counted;
    let responses = signed(wave.shown_responses(responses));
    let minimum_group = minimum_group(&wave);
    let Wave {
        id,
        display_name,
        version,
        audience,
        units,
        anonymity: mode,
        is_relational,
        state,
        opening,
        close_time,
        sender,
        results_day,
        create_time,
        update_time,
        revision,
    } = wave;
    let audience = match audience {
        Audience::Employees => pb::WaveAudience::Employees,
        Audience::Customers => pb::WaveAudience::Customers,
        Audience::Prospects => pb::WaveAudience::Prospects,
        Audience::FormerCustomers => pb::WaveAudience::FormerCustomers,
        Audience::Candidates => pb::WaveAudience::Candidates,
        Audience::Leavers => pb::WaveAudience::Leavers,
    };
    let state = match state {
        State::Draft => pb::WaveState::Draft,
        State::Open => pb::WaveState::Open,
        State::Closing | State::Closed => pb::WaveState::Closed,
    };
    let (open_time, invitations) = match opening {
        Some(Opening { time, invitations, day: _, time_zone: _, default_language: _, minimum_group: _ }) => {
            (Some(time), invitations)
        }
        None => (None, 0),
    };
    pb::Wave {
        name: id.name(),
        display_name,
        questionnaire_version: version.to_string(),
        audience: audience.into(),
        units: units.iter().map(|unit| unit.name()).collect(),
        anonymity: anonymity(mode).into(),
        state: state.into(),
        open_time: open_time.map(time::timestamp),
        close_time: close_time.map(time::timestamp),
        minimum_group,
        invitations: signed(invitations),
        responses,
        sender: text(&sender),
        results_day: results_day.map(time::date),
        create_time: Some(time::timestamp(create_time)),
        update_time: Some(time::timestamp(update_time)),
        etag: revision.to_string(),
        is_relational,
    }
}

pub(super) fn render_invitation(wave: &Wave, invitation: Invitation, token: Option<Token>) -> pb::Invitation {
    let state = match invitation.state(wave.anonymity, wave.state) {
        InvitationState::Created => pb::InvitationState::Created,
        InvitationState::Opened => pb::InvitationState::Opened,
        InvitationState::Submitted => pb::InvitationState::Submitted,
        InvitationState::Expired => pb::InvitationState::Expired,
        InvitationState::Cancelled => pb::InvitationState::Cancelled,
    };
    let Invitation { id, person, unit, role, language, opened: _, submitted: _, cancelled: _ } = invitation;
    pb::Invitation {
        name: format!("{}/{}", wave.id.name(), id.name()),
        person: person.name(),
        unit: unit.map(|unit| unit.name()).unwrap_or_default(),
        role: role.map(|role| role.name()).unwrap_or_default(),
        language,
        state: state.into(),
        token: token.map(|token| token.to_string()).unwrap_or_default(),
    }
}

pub(super) fn render_rates((rates, ineligible): (Rates, Shown)) -> pb::GetResponseRateResponse {
    let Shown { by_reason, total: ineligible_total } = ineligible;
    let count = |(reason, people)| pb::IneligibleCount { reason, people: signed(people) };
    let Rates { total, units } = rates;
    let rate = |Rate { invited, percent }| pb::ResponseRate { invited: signed(invited), percent };
    pb::GetResponseRateResponse {
        total: Some(rate(total)),
        units: units
            .into_iter()
            .map(|(unit, of)| pb::UnitResponseRate { unit: unit.name(), rate: Some(rate(of)) })
            .collect(),
        ineligible: by_reason.into_iter().map(count).collect(),
        ineligible_total: ineligible_total.map(signed),
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
