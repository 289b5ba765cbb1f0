//! People: employees, customers and those who may become either.

use std::collections::BTreeMap;

use arki_ids::{AccountId, PersonId, RoleId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Refused;
use super::history::{Broken, Conflict, History, Period};

/// The source of a person who was entered by hand.
pub const MANUAL: &str = "manual";
/// How many attributes a person may have.
pub const MOST_ATTRIBUTES: usize = 50;
/// The longest key of an attribute, in characters.
pub const LONGEST_KEY: usize = 64;
/// The longest value of an attribute, in characters.
pub const LONGEST_VALUE: usize = 500;

/// What a person is to the tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Employee,
    Customer,
    Prospect,
    FormerCustomer,
    Candidate,
    Leaver,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Employee, Self::Customer, Self::Prospect, Self::FormerCustomer, Self::Candidate, Self::Leaver];

    /// The word for it in storage and in events.
    pub fn word(self) -> &'static str {
        match self {
            Self::Employee => "employee",
            Self::Customer => "customer",
            Self::Prospect => "prospect",
            Self::FormerCustomer => "former_customer",
            Self::Candidate => "candidate",
            Self::Leaver => "leaver",
        }
    }

    /// The kind that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where an employee stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    Active,
    LongLeave,
    Left,
}

impl Employment {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Active, Self::LongLeave, Self::Left];

    /// The word for it in storage.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::LongLeave => "long_leave",
            Self::Left => "left",
        }
    }

    /// The state that a word stands for.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

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

    /// Ends what holds on `day` and all that was to come after it.
    pub fn end(&mut self, day: NaiveDate) {
        let mut at = self.first_day().map(|first| first.max(day));
        while let Some(day) = at {
            at = self.put(day, None).ok().flatten();
        }
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    pub profile: Profile,
    pub memberships: Memberships,
    /// Grows with every change of the person or of where the person belongs.
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What is known of a person, apart from where the person belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    pub kind: Kind,
    pub display_name: String,
    /// Empty where no mail reaches the person.
    pub email: String,
    /// None takes the tenant's.
    pub language: Option<String>,
    /// None takes the tenant's.
    pub time_zone: Option<Tz>,
    /// Of employees and leavers; see [`Profile::settled`].
    pub employment: Option<Employment>,
    pub manager: Option<PersonId>,
    pub account: Option<AccountId>,
    pub external_id: Option<String>,
    /// Under which external ids are unique.
    pub source: String,
    pub attributes: BTreeMap<String, String>,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub kind: Option<Kind>,
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub language: Option<Option<String>>,
    pub time_zone: Option<Option<Tz>>,
    pub employment: Option<Option<Employment>>,
    pub manager: Option<Option<PersonId>>,
    pub account: Option<Option<AccountId>>,
    pub external_id: Option<Option<String>>,
    pub source: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    /// From today on.
    pub unit: Option<Option<UnitId>>,
    /// From today on.
    pub role: Option<Option<RoleId>>,
}

impl Profile {
    /// The profile with an employment state exactly where there is employment: employees are active unless they say
    /// otherwise, leavers have left, and nobody else has any.
    #[must_use]
    pub fn settled(self) -> Self {
        let employment = match self.kind {
            Kind::Employee => Some(self.employment.unwrap_or(Employment::Active)),
            Kind::Leaver => Some(Employment::Left),
            Kind::Customer | Kind::Prospect | Kind::FormerCustomer | Kind::Candidate => None,
        };
        Self { employment, ..self }
    }

    /// Whether the person works or buys now.
    pub fn is_active(&self) -> bool {
        match self.kind {
            Kind::Employee => self.employment == Some(Employment::Active),
            Kind::Customer => true,
            Kind::Prospect | Kind::FormerCustomer | Kind::Candidate | Kind::Leaver => false,
        }
    }

    fn change(&self, change: Change) -> Self {
        let Change {
            kind,
            display_name,
            email,
            language,
            time_zone,
            employment,
            manager,
            account,
            external_id,
            source,
            attributes,
            unit: _,
            role: _,
        } = change;
        let old = self.clone();
        Self {
            kind: kind.unwrap_or(old.kind),
            display_name: display_name.unwrap_or(old.display_name),
            email: email.unwrap_or(old.email),
            language: language.unwrap_or(old.language),
            time_zone: time_zone.unwrap_or(old.time_zone),
            employment: employment.unwrap_or(old.employment),
            manager: manager.unwrap_or(old.manager),
            account: account.unwrap_or(old.account),
            external_id: external_id.unwrap_or(old.external_id),
            source: source.unwrap_or(old.source),
            attributes: attributes.unwrap_or(old.attributes),
        }
        .settled()
    }
}

impl Person {
    /// A new person who belongs nowhere yet.
    pub fn create(id: PersonId, profile: Profile, now: DateTime<Utc>) -> Self {
        let memberships = Memberships::default();
        Self { id, profile: profile.settled(), memberships, revision: 1, create_time: now, update_time: now }
    }

    /// The person after a change. A change of nothing keeps the revision.
    pub fn change(&self, change: Change, today: NaiveDate, now: DateTime<Utc>) -> Result<Self, ChangeError> {
        let mut changed = self.clone();
        if change.unit.is_some() || change.role.is_some() {
            let place = self.memberships.on(today);
            let unit = change.unit.unwrap_or(place.map(|place| place.unit));
            // A role that is not named goes with the unit that it belonged to.
            let role = change.role.unwrap_or(place.and_then(|place| place.role).filter(|_| unit.is_some()));
            let new = place_of(unit, role)?;
            // Whoever is still to come belongs nowhere today, and sending that back must not be a change.
            if new != place {
                changed.memberships.put(today, new)?;
            }
        }
        changed.profile = self.profile.change(change);
        Ok(self.revised(changed, now))
    }

    /// The person in a place, or in none, from a day on.
    pub fn assign(
        &self,
        day: NaiveDate,
        place: Option<Place>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<NaiveDate>), Conflict> {
        let mut changed = self.clone();
        let until = changed.memberships.put(day, place)?;
        Ok((self.revised(changed, now), until))
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

/// Why a person can't be changed so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error(transparent)]
    Refused(#[from] Refused),
}

/// The place that a unit and a role make. A role without a unit is nowhere.
pub fn place_of(unit: Option<UnitId>, role: Option<RoleId>) -> Result<Option<Place>, Refused> {
    match (unit, role) {
        (Some(unit), role) => Ok(Some(Place { unit, role })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Refused::new("role", "needs a unit in which the person holds it")),
    }
}

/// What is wrong with attributes, if anything.
pub fn check_attributes(attributes: &BTreeMap<String, String>) -> Vec<Refused> {
    let mut refused = Vec::new();
    if attributes.len() > MOST_ATTRIBUTES {
        let problem = format!("must have at most {MOST_ATTRIBUTES} keys, has {}", attributes.len());
        refused.push(Refused::new("attributes", problem));
    }
    for (key, value) in attributes {
        let field = || format!("attributes[{key:?}]");
        if key.trim().is_empty() || key.chars().count() > LONGEST_KEY {
            refused.push(Refused::new(field(), format!("must have a key of 1 to {LONGEST_KEY} characters")));
        } else if value.chars().count() > LONGEST_VALUE {
            refused.push(Refused::new(field(), format!("must have at most {LONGEST_VALUE} characters")));
        } else if key.contains('\0') || value.contains('\0') {
            refused.push(Refused::new(field(), "must not contain the character U+0000"));
        }
    }
    refused
}

/// An address as it is looked for: letter case aside.
pub fn email_key(email: &str) -> Option<String> {
    let key = email.trim().to_lowercase();
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests;
