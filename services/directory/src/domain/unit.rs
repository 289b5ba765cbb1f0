//! Units of the organisation.

use arki_ids::{PersonId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::history::{Conflict, History};

/// A part of the organisation, through time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub id: UnitId,
    /// The key in the HR system.
    pub external_id: Option<String>,
    /// Grows with every change of the unit or of its history.
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
    pub history: History<Place>,
}

/// What a unit is during a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The unit above; none for a root.
    pub parent: Option<UnitId>,
    pub display_name: String,
    pub leader: Option<PersonId>,
}

/// A unit to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    pub external_id: Option<String>,
    pub place: Place,
    /// The first day; none takes today.
    pub valid_from: Option<NaiveDate>,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub display_name: Option<String>,
    pub leader: Option<Option<PersonId>>,
    pub external_id: Option<Option<String>>,
    /// From which day name and leader change; none takes today.
    pub valid_from: Option<NaiveDate>,
}

impl Unit {
    /// A new unit from a day on.
    pub fn create(
        id: UnitId,
        external_id: Option<String>,
        place: Place,
        first: NaiveDate,
        now: DateTime<Utc>,
    ) -> Self {
        let history = History::starting(first, place);
        Self { id, external_id, revision: 1, create_time: now, update_time: now, history }
    }

    /// From which day a change holds that names none: today, or the first day of a unit that is still to come.
    pub fn day_of_change(&self, today: NaiveDate) -> NaiveDate {
        today.max(self.history.first_day())
    }

    /// The unit with another name or leader from a day on, or with another key.
    pub fn change(&self, change: Change, today: NaiveDate, now: DateTime<Utc>) -> Result<Self, Conflict> {
        let Change { display_name, leader, external_id, valid_from } = change;
        let day = valid_from.unwrap_or_else(|| self.day_of_change(today));
        let mut changed = self.clone();
        if let Some(display_name) = display_name {
            changed.history.set(day, |place| &mut place.display_name, display_name)?;
        }
        if let Some(leader) = leader {
            changed.history.set(day, |place| &mut place.leader, leader)?;
        }
        if let Some(external_id) = external_id {
            changed.external_id = external_id;
        }
        Ok(self.revised(changed, now))
    }

    /// The unit under another one from a day on, and the day until which that holds.
    pub fn change_parent(
        &self,
        parent: Option<UnitId>,
        day: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<NaiveDate>), Conflict> {
        let mut changed = self.clone();
        let until = changed.history.set(day, |place| &mut place.parent, parent)?;
        Ok((self.revised(changed, now), until))
    }

    /// The unit with its end.
    pub fn close(&self, day: NaiveDate, now: DateTime<Utc>) -> Result<Self, Conflict> {
        let mut changed = self.clone();
        changed.history.close(day)?;
        Ok(self.revised(changed, now))
    }

    /// `changed` with the next revision, unless it is the same as this.
    #[must_use]
    pub fn revised(&self, changed: Self, now: DateTime<Utc>) -> Self {
        if changed == *self {
            return changed;
        }
        Self { revision: self.revision + 1, update_time: now, ..changed }
    }
}
