//! People: employees, customers and those who may become either.

use std::collections::BTreeMap;

use arki_ids::{AccountId, PersonId, RoleId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Refused;
use super::history::Conflict;

mod employment;
mod identity;
mod membership;

pub use super::attribute::check_attributes;
pub use employment::{Employment, Employments, Illegal};
pub use identity::{ExternalId, MOST_EXTERNAL_IDS};
pub use membership::{Memberships, Place, place_of};

/// The source of a person who was entered by hand.
pub const MANUAL: &str = "manual";

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

    /// The key that the person shows, if there is one.
    pub fn primary(&self) -> Option<ExternalId> {
        let source = self.source.clone();
        self.external_id.clone().map(|external_id| ExternalId { source, external_id })
    }

    /// Whether the person works or buys now.
    pub fn is_active(&self) -> bool {
        match self.kind {
            Kind::Employee => self.employment.is_some_and(Employment::works),
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
        // Who has returned is an employee again, unless the change says otherwise.
        let rehired = old.kind == Kind::Leaver && employment.flatten() == Some(Employment::Returned);
        let own = if rehired { Kind::Employee } else { old.kind };
        let employment = employment.map(|state| match state {
            None => Some(Employment::Active.heard_of(old.employment)),
            Some(Employment::Active) if old.employment == Some(Employment::Left) => {
                Some(Employment::Returned)
            }
            state => state,
        });
        Self {
            kind: kind.unwrap_or(own),
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
        if changed.profile.employment != self.profile.employment {
            let step = Employment::step(self.profile.employment, changed.profile.employment);
            step.map_err(ChangeError::Illegal)?;
        }
        if changed.profile.employment == Some(Employment::Left) {
            changed.memberships.end(today);
        }
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

    /// The person with another employment from a day on, and the employment through time with it. Whoever leaves
    /// belongs nowhere from that day on; what was planned after it goes with it.
    pub fn employ(
        &self,
        employments: &Employments,
        state: Employment,
        day: NaiveDate,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<(Self, Employments), ChangeError> {
        if !matches!(self.profile.kind, Kind::Employee | Kind::Leaver | Kind::Candidate) {
            let problem = format!("is of employees, and the person is a {}", self.profile.kind.word());
            return Err(Refused::new("state", problem).into());
        }
        let mut through_time = employments.clone();
        through_time.put(day, state)?;
        let mut changed = self.clone();
        if state == Employment::Left {
            changed.memberships.end(day);
        }
        if let Some(state) = through_time.on(today) {
            changed.stand(state);
        }
        if through_time == *employments {
            return Ok((self.revised(changed, now), through_time));
        }
        Ok((Self { revision: self.revision + 1, update_time: now, ..changed }, through_time))
    }

    /// The person as a planned change of employment makes it that holds by now.
    #[must_use]
    pub fn brought_up_to(&self, employments: &Employments, today: NaiveDate, now: DateTime<Utc>) -> Self {
        let mut changed = self.clone();
        if let Some(state) = employments.on(today) {
            changed.stand(state);
        }
        self.revised(changed, now)
    }

    fn stand(&mut self, state: Employment) {
        self.profile.employment = Some(state);
        self.profile.kind = if state == Employment::Left { Kind::Leaver } else { Kind::Employee };
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
    #[error(transparent)]
    Illegal(#[from] Illegal),
}

/// Who of those who came with a key is the one that somebody of a source waits for: the person of that source. The key of
/// another system is the same person's only where that system tells of employees too.
pub fn awaited<'a>(source: &str, newcomers: &[&'a Person]) -> Option<&'a Person> {
    let same = newcomers.iter().find(|person| person.profile.source == source);
    same.or_else(|| newcomers.iter().find(|person| person.profile.kind == Kind::Employee)).copied()
}

/// An address as it is looked for: letter case aside.
pub fn email_key(email: &str) -> Option<String> {
    let key = email.trim().to_lowercase();
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests;
