//! Where a person belongs, through time.

use std::collections::BTreeSet;

use arki_ids::{RoleId, UnitId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::super::Refused;
use super::super::history::{Broken, Conflict, History, Period};

/// Where a person belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub unit: UnitId,
    pub role: Option<RoleId>,
}

/// Where a person belongs through time. A person may belong nowhere for a while, so each day holds a place or none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memberships(Option<History<Option<Place>>>);

impl Memberships {
    /// Reads back what [`Memberships::periods`] gave, in any order.
    pub fn from_periods(mut periods: Vec<Period<Place>>) -> Result<Self, Broken> {
        periods.sort_by_key(|period| period.from);
        let mut whole: Vec<Period<Option<Place>>> = Vec::with_capacity(periods.len());
        for Period { from, to, value } in periods {
            let gap = whole.last().and_then(|last| last.to).filter(|end| *end < from);
            whole.extend(gap.map(|end| Period { from: end, to: Some(from), value: None }));
            whole.push(Period { from, to, value: Some(value) });
        }
        if let Some(end) = whole.last().and_then(|last| last.to) {
            whole.push(Period { from: end, to: None, value: None });
        }
        if whole.is_empty() {
            return Ok(Self(None));
        }
        Ok(Self(Some(History::from_periods(whole)?)))
    }

    /// The places with their periods, oldest first.
    pub fn periods(&self) -> Vec<Period<Place>> {
        let Some(history) = &self.0 else { return Vec::new() };
        let place = |Period { from, to, value }: Period<&Option<Place>>| {
            value.map(|value| Period { from, to, value })
        };
        history.periods().filter_map(place).collect()
    }

    /// The place on a day.
    pub fn on(&self, day: NaiveDate) -> Option<Place> {
        self.0.as_ref()?.on(day).and_then(|period| *period.value)
    }

    /// The day after the last on which what holds on `day` holds.
    pub fn until(&self, day: NaiveDate) -> Option<NaiveDate> {
        self.0.as_ref()?.on(day)?.to
    }

    /// The first day on which the person belonged anywhere.
    pub fn first_day(&self) -> Option<NaiveDate> {
        self.0.as_ref().map(History::first_day)
    }

    /// Puts one unit in the place of others on `day` and later.
    pub fn change_unit(&mut self, day: NaiveDate, from: &BTreeSet<UnitId>, into: UnitId) {
        if let Some(history) = &mut self.0 {
            history.change_from(day, |place| {
                if let Some(place) = place.as_mut().filter(|place| from.contains(&place.unit)) {
                    place.unit = into;
                }
            });
        }
    }

    /// Puts the places of others where there are none.
    pub fn fill(&mut self, others: &Self) {
        let days = |of: &Self| {
            let periods = of.periods();
            let days: Vec<NaiveDate> =
                periods.iter().flat_map(|period| [Some(period.from), period.to]).flatten().collect();
            days
        };
        let days: BTreeSet<NaiveDate> = days(self).into_iter().chain(days(others)).collect();
        let days: Vec<NaiveDate> = days.into_iter().collect();
        let mut filled: Vec<Period<Place>> = Vec::new();
        for (index, from) in days.iter().copied().enumerate() {
            let to = days.get(index + 1).copied();
            let Some(value) = self.on(from).or(others.on(from)) else { continue };
            match filled.last_mut().filter(|last| last.to == Some(from) && last.value == value) {
                Some(last) => last.to = to,
                None => filled.push(Period { from, to, value }),
            }
        }
        // Cut at the days on which anything changes, periods neither overlap nor are empty.
        if let Ok(filled) = Self::from_periods(filled) {
            *self = filled;
        }
    }

    /// Ends everything: from `day` on the person belongs nowhere.
    pub fn end(&mut self, day: NaiveDate) {
        let mut periods = self.periods();
        periods.retain(|period| period.from < day);
        for period in &mut periods {
            period.to = Some(period.to.map_or(day, |to| to.min(day)));
        }
        // Cut periods neither overlap nor are empty, so they are a history as before.
        self.0 = Self::from_periods(periods).unwrap_or_default().0;
    }

    /// Puts a place, or none, in the place of what holds on `day`. Returns the day after the last that changed.
    pub fn put(&mut self, day: NaiveDate, place: Option<Place>) -> Result<Option<NaiveDate>, Conflict> {
        match &mut self.0 {
            Some(history) => history.put(day, place),
            None => {
                self.0 = place.map(|place| History::starting(day, Some(place)));
                Ok(None)
            }
        }
    }
}

/// The place that a unit and a role make. A role without a unit is nowhere.
pub fn place_of(unit: Option<UnitId>, role: Option<RoleId>) -> Result<Option<Place>, Refused> {
    match (unit, role) {
        (Some(unit), role) => Ok(Some(Place { unit, role })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refused::new("role", "needs a unit in which the person holds it")),
    }
}
