//! The import of one HR file: uploaded in pieces, planned and carried out on its own.

use std::collections::BTreeMap;

use arki_ids::ImportId;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::mapping::Mapping;
use super::profile;
use super::report::Report;

/// Imports of a tenant that have not ended, at most: each may hold a whole file.
pub const MOST: u64 = 10;
/// The largest file, in bytes.
pub const LARGEST: u64 = 1 << 31;
/// The largest piece of one, in bytes.
pub const PIECE: usize = 1 << 20;
/// How often an import is planned anew because its plan was overtaken, before it is given up.
pub const MOST_PLANS: u64 = 5;
/// How long an import may wait for whoever goes on with it, and how long its errors are kept, in days.
const KEPT_DAYS: i64 = 7;

/// Where an import is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    Uploading,
    Planning,
    Planned,
    Braked,
    Applying,
    Applied,
    Failed,
    Cancelled,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Uploading,
        Self::Planning,
        Self::Planned,
        Self::Braked,
        Self::Applying,
        Self::Applied,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Planning => "planning",
            Self::Planned => "planned",
            Self::Braked => "braked",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether nothing will become of it any more.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Applied | Self::Failed | Self::Cancelled)
    }
}

/// How a file is to be read and taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The name of the profile; empty for none.
    pub profile: String,
    pub columns: BTreeMap<String, String>,
    pub delimiter: Option<u8>,
    pub date_format: Option<String>,
    pub source: String,
    pub default_currency: String,
    /// Whether whoever of the source is missing in the file has left.
    pub full: bool,
    /// None takes the day of the plan.
    pub effective: Option<NaiveDate>,
    /// Whether a plan without errors that is not stopped is carried out at once.
    pub apply: bool,
}

impl Terms {
    /// The terms of a mapping.
    pub fn of(mapping: Mapping, full: bool, effective: Option<NaiveDate>, apply: bool) -> Self {
        let Mapping { columns, delimiter, date_format, source, default_currency, profile } = mapping;
        let profile = profile.map(|profile| profile.name.to_owned()).unwrap_or_default();
        Self { profile, columns, delimiter, date_format, source, default_currency, full, effective, apply }
    }

    /// Which column is what.
    pub fn mapping(&self) -> Mapping {
        Mapping {
            columns: self.columns.clone(),
            delimiter: self.delimiter,
            date_format: self.date_format.clone(),
            source: self.source.clone(),
            default_currency: self.default_currency.clone(),
            profile: profile::of_name(&self.profile),
        }
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: ImportId,
    pub state: State,
    pub terms: Terms,
    /// Who asked for it.
    pub subject: String,
    /// How many bytes of the file are there.
    pub received: u64,
    /// How often it was planned; it names the plan.
    pub plan: u64,
    /// What was found, without changes and errors.
    pub report: Option<Report>,
    /// The reason of an error that it ended with or waits because of; empty for none.
    pub problem: String,
    /// How the units and roles were when it was planned.
    pub stamp: String,
    /// Whether anybody gets another manager, so that there may be a circle.
    pub relinks: bool,
    /// Whether somebody confirmed the plan that stands.
    pub is_confirmed: bool,
    /// How many changes there are to be written, and how many are.
    pub total: u64,
    pub done: u64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub expire_time: DateTime<Utc>,
}

impl Run {
    /// An import whose file is still to come.
    pub fn create(id: ImportId, terms: Terms, subject: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            state: State::Uploading,
            terms,
            subject,
            received: 0,
            plan: 0,
            report: None,
            problem: String::new(),
            stamp: String::new(),
            relinks: false,
            is_confirmed: false,
            total: 0,
            done: 0,
            create_time: now,
            update_time: now,
            expire_time: now + TimeDelta::days(KEPT_DAYS),
        }
    }

    /// The name of the plan that stands.
    pub fn plan_name(&self) -> String {
        format!("{}-{}", self.id, self.plan)
    }

    /// The import in another state.
    #[must_use]
    pub fn turned(self, state: State, now: DateTime<Utc>) -> Self {
        Self { state, update_time: now, expire_time: now + TimeDelta::days(KEPT_DAYS), ..self }
    }

    /// The import once what was found is known. With errors it has failed.
    #[must_use]
    pub fn planned(self, report: Report, total: u64, now: DateTime<Utc>) -> Self {
        let plan = self.plan + 1;
        let has_faults = report.fault_count > 0;
        let state = if has_faults {
            State::Failed
        } else if !report.brake.is_empty() {
            State::Braked
        } else if self.terms.apply && self.problem.is_empty() {
            State::Applying
        } else {
            State::Planned
        };
        let problem = if has_faults { "IMPORT_FILE_ERRORS".to_owned() } else { self.problem.clone() };
        let mut run = Self { plan, total, done: 0, is_confirmed: false, problem, ..self };
        let name = if has_faults { String::new() } else { run.plan_name() };
        run.report = Some(Report { plan: name, ..report });
        run.turned(state, now)
    }

    /// The import whose plan no longer holds: it is planned anew, and what somebody confirmed must be confirmed again.
    #[must_use]
    pub fn overtaken(self, now: DateTime<Utc>) -> Self {
        let problem = if self.is_confirmed { "IMPORT_PLAN_CHANGED".to_owned() } else { String::new() };
        Self { problem, is_confirmed: false, done: 0, ..self }.turned(State::Planning, now)
    }
}
