//! When and to whom a message is told.

use arki_ids::{CampaignId, MessageId, RoleId, UnitId};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Error, LocalTime, Schedule, Violation, instant, latest};

/// The life of a campaign: draft -> active <-> paused -> ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Draft,
    Active,
    Paused,
    Ended,
}

impl State {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
        }
    }
}

/// What happens with an occurrence whose time passed while nothing ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissedPolicy {
    #[default]
    Send,
    Skip,
}

impl MissedPolicy {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Skip => "skip",
        }
    }
}

/// Which people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AudienceKind {
    Employee,
    Customer,
    Prospect,
}

impl AudienceKind {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Employee => "employee",
            Self::Customer => "customer",
            Self::Prospect => "prospect",
        }
    }
}

/// To whom a campaign goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Audience {
    pub(crate) kind: AudienceKind,
    /// With all below; empty means everyone of the kind.
    pub(crate) units: Vec<UnitId>,
    /// Empty means every role.
    pub(crate) roles: Vec<RoleId>,
}

/// What the writer of a campaign gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NewCampaign {
    pub(crate) display_name: String,
    pub(crate) message: MessageId,
    pub(crate) audience: Audience,
    pub(crate) schedule: Schedule,
    pub(crate) missed_policy: MissedPolicy,
    pub(crate) is_critical: bool,
}

/// A campaign as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    pub(crate) display_name: String,
    pub(crate) message: MessageId,
    pub(crate) audience: Audience,
    pub(crate) schedule: Schedule,
    pub(crate) missed_policy: MissedPolicy,
    /// People must hear of it, so that the contact budget lets it pass.
    #[serde(default)]
    pub(crate) is_critical: bool,
    pub(crate) state: State,
    /// The tenant's time zone and language as they were when the campaign was last activated: what a recipient
    /// without any of their own gets, also while the directory is away. None in a draft.
    pub(crate) home: Option<Home>,
    /// Occurrences up to this one are planned. None in a campaign whose schedule has not begun.
    pub(crate) planned_through: Option<LocalTime>,
    pub(crate) revision: i64,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
}

/// Where and in which language a tenant is at home.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Home {
    pub(crate) zone: Tz,
    pub(crate) language: String,
}

/// The fields of a campaign that are to change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CampaignChange {
    pub(crate) display_name: Option<String>,
    pub(crate) message: Option<MessageId>,
    pub(crate) audience: Option<Audience>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) missed_policy: Option<MissedPolicy>,
    pub(crate) is_critical: Option<bool>,
}

impl Campaign {
    pub(crate) fn new(id: CampaignId, campaign: NewCampaign, now: DateTime<Utc>) -> Self {
        let NewCampaign { display_name, message, audience, schedule, missed_policy, is_critical } = campaign;
        Self {
            id,
            display_name,
            message,
            audience,
            schedule,
            missed_policy,
            is_critical,
            state: State::Draft,
            home: None,
            planned_through: None,
            revision: 1,
            create_time: now,
            update_time: now,
        }
    }

    fn touched(&self, state: State, now: DateTime<Utc>) -> Self {
        Self { state, revision: self.revision + 1, update_time: now, ..self.clone() }
    }

    /// The campaign after a change. Only what does not run may change.
    pub(crate) fn change(&self, change: CampaignChange, now: DateTime<Utc>) -> Result<Self, Error> {
        if !matches!(self.state, State::Draft | State::Paused) {
            return Err(self.wrong("draft or paused"));
        }
        let CampaignChange { display_name, message, audience, schedule, missed_policy, is_critical } = change;
        let mut changed = self.touched(self.state, now);
        if let Some(schedule) = schedule.filter(|schedule| *schedule != self.schedule) {
            changed.schedule = schedule;
            // What the new schedule says is looked at from the next activation on.
            changed.planned_through = None;
        }
        changed.display_name = display_name.unwrap_or(changed.display_name);
        changed.message = message.unwrap_or(changed.message);
        changed.audience = audience.unwrap_or(changed.audience);
        changed.missed_policy = missed_policy.unwrap_or(changed.missed_policy);
        changed.is_critical = is_critical.unwrap_or(changed.is_critical);
        Ok(changed)
    }

    /// Whether what was planned for `self` but not sent yet is still right for `other`.
    pub(crate) fn is_planned_as(&self, other: &Self) -> bool {
        (self.message, &self.audience, &self.schedule) == (other.message, &other.audience, &other.schedule)
    }

    /// Starts the campaign, or goes on after a pause. Occurrences that were over everywhere before the schedule
    /// began to run are not made up for.
    pub(crate) fn activate(&self, home: Home, now: DateTime<Utc>) -> Result<Self, Error> {
        if !matches!(self.state, State::Draft | State::Paused) {
            return Err(self.wrong("draft or paused"));
        }
        let mut active = self.touched(State::Active, now);
        active.home = Some(home);
        if self.planned_through.is_none() {
            let Some(first) = self.schedule.occurrences().find(|time| latest(*time) >= now) else {
                return Err(Error::ScheduleInvalid {
                    rrule: self.schedule.rrule().to_owned(),
                    violations: vec![Violation::new(
                        "schedule.local_start",
                        "has passed in every time zone with all that comes of it, choose a later one",
                    )],
                });
            };
            active.planned_through = Some(LocalTime::new(first.naive() - TimeDelta::seconds(1)));
        }
        Ok(active)
    }

    pub(crate) fn pause(&self, now: DateTime<Utc>) -> Result<Self, Error> {
        match self.state {
            State::Active => Ok(self.touched(State::Paused, now)),
            State::Draft | State::Paused | State::Ended => Err(self.wrong("active")),
        }
    }

    pub(crate) fn end(&self, now: DateTime<Utc>) -> Result<Self, Error> {
        match self.state {
            State::Draft | State::Active | State::Paused => Ok(self.touched(State::Ended, now)),
            State::Ended => Err(self.wrong("draft, active or paused")),
        }
    }

    /// The next occurrence that is to be planned.
    pub(crate) fn next_to_plan(&self) -> Option<LocalTime> {
        if self.state != State::Active {
            return None;
        }
        self.schedule.after(self.planned_through).next()
    }

    /// Makes the planner begin again at an occurrence that it was not done with.
    pub(crate) fn plan_from(&mut self, time: LocalTime) {
        let before = LocalTime::new(time.naive() - TimeDelta::seconds(1));
        self.planned_through = self.planned_through.map(|through| through.min(before));
    }

    /// When it comes next, where the tenant is at home.
    pub(crate) fn next_time(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let home = self.home.as_ref().filter(|_| self.state == State::Active)?;
        self.schedule.occurrences().map(|time| instant(time, home.zone)).find(|time| *time > now)
    }

    fn wrong(&self, needed: &'static str) -> Error {
        Error::CampaignStateWrong { state: self.state, needed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn draft(start: &str, rrule: &str) -> Campaign {
        let new = NewCampaign {
            display_name: "Fewer transfers".to_owned(),
            message: MessageId::random(),
            audience: Audience { kind: AudienceKind::Employee, units: Vec::new(), roles: Vec::new() },
            schedule: Schedule::parse(start, rrule, "schedule").unwrap(),
            missed_policy: MissedPolicy::Send,
            is_critical: false,
        };
        Campaign::new(CampaignId::random(), new, at("2026-11-01T00:00:00Z"))
    }

    fn home() -> Home {
        Home { zone: chrono_tz::Europe::Helsinki, language: "fi".to_owned() }
    }

    #[test]
    fn a_campaign_lives_from_draft_to_its_end() {
        let now = at("2026-11-22T12:00:00Z");
        let draft = draft("2026-11-23T09:00", "FREQ=WEEKLY");
        assert_eq!(draft.pause(now).unwrap_err(), draft.wrong("active"));
        let active = draft.activate(home(), now).unwrap();
        assert_eq!((active.state, active.revision), (State::Active, 2));
        assert!(active.activate(home(), now).is_err());
        assert!(active.change(CampaignChange::default(), now).is_err());
        let paused = active.pause(now).unwrap();
        assert!(paused.change(CampaignChange::default(), now).is_ok());
        assert_eq!(paused.activate(home(), now).unwrap().state, State::Active);
        let ended = paused.end(now).unwrap();
        for refused in [ended.end(now), ended.pause(now), ended.activate(home(), now)] {
            assert!(matches!(refused, Err(Error::CampaignStateWrong { state: State::Ended, .. })));
        }
    }

    #[test]
    fn a_schedule_that_is_over_everywhere_cannot_be_started() {
        let draft = draft("2026-11-23T09:00", "");
        // At 21:00 UTC it is nine in the morning at the last place on earth.
        assert!(draft.activate(home(), at("2026-11-23T21:00:00Z")).is_ok());
        let late = draft.activate(home(), at("2026-11-23T21:00:01Z"));
        assert!(matches!(late, Err(Error::ScheduleInvalid { .. })));
    }

    #[test]
    fn the_first_start_leaves_the_past_alone_and_a_pause_does_not() {
        let daily = draft("2026-11-01T09:00", "FREQ=DAILY");
        let active = daily.activate(home(), at("2026-11-20T12:00:00Z")).unwrap();
        assert_eq!(active.next_to_plan().unwrap().to_string(), "2026-11-20T09:00:00");
        let planned = Campaign { planned_through: active.next_to_plan(), ..active };
        let paused = planned.pause(at("2026-11-20T13:00:00Z")).unwrap();
        assert_eq!(paused.next_to_plan(), None);
        let again = paused.activate(home(), at("2026-11-25T12:00:00Z")).unwrap();
        assert_eq!(again.next_to_plan().unwrap().to_string(), "2026-11-21T09:00:00");
    }

    #[test]
    fn another_schedule_begins_anew_and_another_name_does_not() {
        let now = at("2026-11-20T12:00:00Z");
        let paused =
            draft("2026-11-01T09:00", "FREQ=DAILY").activate(home(), now).unwrap().pause(now).unwrap();
        let named = CampaignChange { display_name: Some("Other".to_owned()), ..CampaignChange::default() };
        let named = paused.change(named, now).unwrap();
        assert_eq!(named.planned_through, paused.planned_through);
        assert!(named.is_planned_as(&paused));
        let schedule = Schedule::parse("2026-11-01T10:00", "FREQ=DAILY", "schedule").unwrap();
        let moved = CampaignChange { schedule: Some(schedule), ..CampaignChange::default() };
        let moved = paused.change(moved, now).unwrap();
        assert_eq!(moved.planned_through, None);
        assert!(!moved.is_planned_as(&paused));
    }

    #[test]
    fn the_next_time_is_told_where_the_tenant_is_at_home_and_only_while_it_runs() {
        let now = at("2026-11-23T07:00:00Z");
        let draft = draft("2026-11-23T09:00", "FREQ=DAILY;COUNT=2");
        assert_eq!(draft.next_time(now), None);
        let active = draft.activate(home(), now).unwrap();
        assert_eq!(active.next_time(now - TimeDelta::seconds(1)), Some(now));
        assert_eq!(active.next_time(now), Some(at("2026-11-24T07:00:00Z")));
        assert_eq!(active.next_time(at("2026-11-24T07:00:00Z")), None);
    }
}
