//! Taking reported figures one after the other into what was loaded for all of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use arki_ids::{UnitId, WorkforceFigureId};
use chrono::{DateTime, NaiveDate, Utc};

use super::{Figure, Group, Key, Kind, Numbers, month};
use crate::domain::Refused;
use crate::domain::crm::{Fault, LONGEST, Reason, State, Verdict};

/// A figure as a system tells it, before anything of it is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reported {
    /// The resource name; empty where the key says it.
    pub unit: String,
    /// The key of the source system; empty where the name says it.
    pub unit_external_id: String,
    pub month: Option<NaiveDate>,
    pub kind: Option<Kind>,
    pub count: Option<f64>,
    pub base: Option<f64>,
    pub source_time: Option<DateTime<Utc>>,
}

/// The units that figures may be of.
#[derive(Clone, Debug, Default)]
pub struct Units {
    pub by_key: HashMap<String, UnitId>,
    /// Those that are named by their names and are there.
    pub named: HashSet<UnitId>,
}

/// Under which terms figures are taken.
#[derive(Clone, Debug)]
pub struct Terms {
    pub source: String,
    pub now: DateTime<Utc>,
    /// The day that it is for the tenant.
    pub today: NaiveDate,
    /// The fewest employees of whom a number is taken.
    pub least: u32,
    pub new_id: fn() -> WorkforceFigureId,
}

/// What is stored of the figures that are told, and becomes what they say.
#[derive(Debug)]
pub struct Ledger {
    terms: Terms,
    units: Units,
    /// How many active employees belong to units, by the first day of a month.
    members: HashMap<NaiveDate, HashMap<UnitId, u64>>,
    figures: HashMap<Key, Figure>,
    written: BTreeSet<Key>,
    told: BTreeSet<Key>,
}

/// What must be written, and what of it others are to hear.
#[derive(Debug, PartialEq)]
pub struct Changed {
    pub written: Vec<Figure>,
    pub told: Vec<Figure>,
}

impl Reported {
    /// The unit that is named by its name, whether it is there or not.
    pub fn named(&self) -> Option<UnitId> {
        UnitId::from_name(&self.unit).ok()
    }

    /// Of what it is a figure.
    ///
    /// # Errors
    /// The first of unit, kind and month that is missing, no such thing, or not there.
    pub fn key(&self, units: &Units) -> Result<Key, Fault> {
        let unit = self.unit(units)?;
        let no_kind = || invalid("kind", "must be a kind of figure, such as WORKFORCE_KIND_LEAVERS");
        let kind = self.kind.ok_or_else(no_kind)?;
        let day = self.month.ok_or_else(|| invalid("month", "must be given"))?;
        Ok(Key { unit, month: month("month", day).map_err(of_refused)?, kind })
    }

    fn unit(&self, units: &Units) -> Result<UnitId, Fault> {
        match (self.unit.as_str(), self.unit_external_id.as_str()) {
            ("", "") => Err(invalid("unit", "must be given, or unit_external_id")),
            ("", key) => units.by_key.get(key).copied().ok_or_else(|| missing("unit_external_id", key)),
            (name, "") => {
                let unit = UnitId::from_name(name).map_err(|error| invalid("unit", error.to_string()))?;
                if units.named.contains(&unit) { Ok(unit) } else { Err(missing("unit", name)) }
            }
            _ => Err(invalid("unit", "must be empty where unit_external_id is given")),
        }
    }

    /// The unit as it was told.
    fn shown_unit(&self) -> String {
        let told = if self.unit.is_empty() { &self.unit_external_id } else { &self.unit };
        cut(told)
    }
}

impl Ledger {
    /// What is stored under the keys of what is to be taken, and the employees of the months of its absences.
    pub fn new(
        terms: Terms,
        units: Units,
        members: HashMap<NaiveDate, HashMap<UnitId, u64>>,
        figures: Vec<Figure>,
    ) -> Self {
        let figures = figures.into_iter().map(|figure| (figure.key, figure)).collect();
        Self { terms, units, members, figures, written: BTreeSet::new(), told: BTreeSet::new() }
    }

    /// Takes a figure.
    pub fn take(&mut self, reported: &Reported) -> Verdict {
        let external_id = reported.shown_unit();
        match self.judge(reported) {
            Ok((state, name)) => Verdict { external_id, state, name, fault: None },
            Err(fault) => {
                Verdict { external_id, state: State::Failed, name: String::new(), fault: Some(fault) }
            }
        }
    }

    /// What must be written so that everything is as was told.
    pub fn changed(self) -> Changed {
        let Self { terms: _, units: _, members: _, figures, written, told } = self;
        let of = |keys: &BTreeSet<Key>| {
            keys.iter().filter_map(|key| figures.get(key)).cloned().collect::<Vec<_>>()
        };
        Changed { written: of(&written), told: of(&told) }
    }

    fn judge(&mut self, reported: &Reported) -> Result<(State, String), Fault> {
        let key = reported.key(&self.units)?;
        let old = self.figures.get(&key);
        if let Some(newer) = old.filter(|old| old.is_newer_than(reported.source_time)) {
            return Ok((State::Stale, newer.id.name()));
        }
        let numbers = self.numbers(key, reported)?;
        let Terms { source, now, today: _, least: _, new_id } = &self.terms;
        let (state, new) = match old {
            None => {
                let new = Figure {
                    id: new_id(),
                    key,
                    numbers,
                    source: source.clone(),
                    source_time: reported.source_time,
                    revision: 1,
                    create_time: *now,
                    update_time: *now,
                };
                (State::Created, new)
            }
            Some(old) => {
                let new = old.told(numbers, source, reported.source_time, *now);
                let is_same = new.revision == old.revision;
                (if is_same { State::Unchanged } else { State::Updated }, new)
            }
        };
        let name = new.id.name();
        // A time that is newer is kept even where the numbers are the same.
        let is_written = old != Some(&new);
        if is_written {
            self.figures.insert(key, new);
            self.written.insert(key);
        }
        if state != State::Unchanged {
            self.told.insert(key);
        }
        Ok((state, name))
    }

    fn numbers(&self, key: Key, reported: &Reported) -> Result<Numbers, Fault> {
        let Key { unit, month, kind } = key;
        if month > self.terms.today {
            return Err(invalid("month", "has not begun yet, report it when it is over"));
        }
        let numbers = Numbers::read(kind, reported.count, reported.base).map_err(of_refused)?;
        let least = self.terms.least;
        let members = || self.members.get(&month).and_then(|members| members.get(&unit)).copied();
        match kind.group() {
            Some(Group::Base) if numbers.base < f64::from(least) => Err(too_small("base", least)),
            Some(Group::Members) if members().unwrap_or_default() < u64::from(least) => {
                Err(too_small("unit", least))
            }
            _ => Ok(numbers),
        }
    }
}

fn invalid(field: &str, problem: impl Into<String>) -> Fault {
    Fault { reason: Reason::InvalidFields, field: field.to_owned(), problem: problem.into() }
}

fn of_refused(refused: Refused) -> Fault {
    let Refused { field, problem } = refused;
    Fault { reason: Reason::InvalidFields, field, problem }
}

fn missing(field: &str, key: &str) -> Fault {
    let problem = format!("there is no unit {:?}, load the HR file first or correct it", cut(key));
    Fault { reason: Reason::UnitNotFound, field: field.to_owned(), problem }
}

fn too_small(field: &str, least: u32) -> Fault {
    let problem = format!(
        "the group has fewer than {least} employees, report its people together with those of the unit above"
    );
    Fault { reason: Reason::GroupTooSmall, field: field.to_owned(), problem }
}

/// What is too long to be a key is not sent back whole, nor is what no database keeps in a text.
fn cut(text: &str) -> String {
    text.chars().filter(|character| *character != '\0').take(LONGEST).collect()
}
