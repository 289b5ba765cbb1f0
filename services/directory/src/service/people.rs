//! People and where they belong.

use std::collections::{HashMap, HashSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, RoleId, TenantId, UnitId};
use arki_rpc::Caller;
use chrono::NaiveDate;

use super::attributes::check_values;
use super::erasures::refuse_erased;
use super::error::check_etag;
use super::events::tell_people;
use super::units::check_covers;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::audience::Segment;
use crate::domain::erasure::Key;
use crate::domain::person::{Change, Employment, Kind, Place, Profile, place_of};
use crate::domain::{Person, Refused};
use crate::storage::people::{self, Filter, UnitFilter};
use crate::storage::{accounts, employments, merges, roles, units};

/// A person, and the day for which unit and role are to be shown.
pub(crate) type Shown = (Person, NaiveDate);

/// Which people are asked for; none means that it doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub kind: Option<Kind>,
    pub unit: Option<UnitId>,
    pub include_descendants: bool,
    pub email: Option<String>,
    pub external_id: Option<String>,
    /// Only who leads a unit today.
    pub leads: bool,
    pub attributes: Vec<Segment>,
}

impl Directory {
    /// Makes a person, who belongs to the unit from today on.
    pub async fn create_person(
        &self,
        asked: &Asked,
        profile: Profile,
        unit: Option<UnitId>,
        role: Option<RoleId>,
    ) -> Result<Shown, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let place = place_of(unit, role)?;
        let external_id = profile.external_id.clone();
        let created = Person::create(PersonId::generate(), profile, now);
        self.write("CreatePerson", asked, move |tx| {
            let mut person = created.clone();
            Box::pin(async move {
                let today = tenant_of(tx, tenant).await?.day_of(now);
                Employment::step(None, person.profile.employment)?;
                check_values(tx, tenant, None, &person).await?;
                check_profile(tx, tenant, &person).await?;
                // Who has left belongs nowhere.
                if place.is_some() && person.profile.employment != Some(Employment::Left) {
                    check_place(tx, tenant, place, today, None).await?;
                    person.memberships.put(today, place)?;
                }
                save_change(tx, tenant, None, &person).await?;
                Ok((person, today))
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }

    /// One person, as today.
    pub async fn get_person(&self, caller: &Caller, person: PersonId) -> Result<Shown, Error> {
        let today = self.today(caller.tenant).await?;
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let mut found = people::find(reader, tenant, person).await?;
        // The name of somebody who was merged leads to who they turned out to be.
        if found.is_none()
            && let Some(survivor) = merges::find(reader, tenant, person).await?
        {
            found = people::find(reader, tenant, survivor).await?;
        }
        self.admit_person(caller, found.as_ref(), today).await?;
        Ok((found.ok_or(Error::PersonNotFound(person))?, today))
    }

    /// People, oldest first, and the day for which their units are to be shown.
    pub async fn list_people(
        &self,
        caller: &Caller,
        wanted: Wanted,
        page: &PageRequest,
    ) -> Result<(Page<Person>, NaiveDate), Error> {
        let Wanted { kind, unit, mut include_descendants, email, external_id, leads, attributes } = wanted;
        if unit.is_none() && caller.reach.rows().is_some() {
            include_descendants = true;
        }
        let unit = caller.reach.unit_or_own(unit).map_err(|_| Error::OutOfReach)?;
        if let Some(unit) = unit {
            self.admit_unit(caller, unit).await?;
        }
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let day = self.today(tenant).await?;
        if let Some(unit) = unit {
            units::find(reader, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
        }
        self.check_segments(tenant, &attributes).await?;
        let unit = unit.map(|unit| UnitFilter { unit, include_descendants, day });
        let leads_on = leads.then_some(day);
        let filter = Filter { kind, unit, email, external_id, leads_on, attributes };
        Ok((people::list(reader, tenant, &filter, page).await?, day))
    }

    /// The units that people lead today, by the leader.
    pub async fn led_by(
        &self,
        caller: &Caller,
        people: &[PersonId],
        day: NaiveDate,
    ) -> Result<HashMap<PersonId, Vec<UnitId>>, Error> {
        Ok(units::led_by(self.store.reader(), caller.tenant, people, day).await?)
    }

    /// Changes a person. Another unit or role holds from today on.
    pub async fn update_person(
        &self,
        asked: &Asked,
        person: PersonId,
        change: Change,
        etag: String,
    ) -> Result<Shown, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let named = change.external_id.clone().flatten();
        self.write("UpdatePerson", asked, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let today = tenant_of(tx, tenant).await?.day_of(now);
                let person = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                check_etag(&etag, person.revision)?;
                let changed = person.change(change, today, now)?;
                check_values(tx, tenant, Some(&person), &changed).await?;
                if changed.profile.manager != person.profile.manager
                    || changed.profile.account != person.profile.account
                {
                    check_profile(tx, tenant, &changed).await?;
                }
                let place = changed.memberships.on(today);
                if place != person.memberships.on(today) {
                    let until = changed.memberships.until(today);
                    check_place(tx, tenant, place, today, until).await?;
                }
                save_change(tx, tenant, Some(&person), &changed).await?;
                Ok((changed, today))
            })
        })
        .await
        .map_err(|error| error.or_taken(named.as_deref()))
    }

    /// Places a person in a unit and role from a day on.
    pub async fn assign_membership(
        &self,
        asked: &Asked,
        person: PersonId,
        place: Place,
        valid_from: Option<NaiveDate>,
    ) -> Result<Person, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("AssignMembership", asked, move |tx| {
            Box::pin(async move {
                let day = valid_from.unwrap_or(tenant_of(tx, tenant).await?.day_of(now));
                let person = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                let employed = employments::find(tx, tenant, person.id).await?;
                if employed.on(day) == Some(Employment::Left) {
                    let problem = format!("can't begin on {day}: the person has left by then");
                    return Err(Refused::new("valid_from", problem).into());
                }
                let (changed, until) = person.assign(day, Some(place), now)?;
                check_place(tx, tenant, Some(place), day, until).await?;
                save_change(tx, tenant, Some(&person), &changed).await?;
                Ok(changed)
            })
        })
        .await
    }
}

/// Refuses a manager or an account that is not there, and a manager who would end up reporting to the person.
pub(super) async fn check_profile(tx: &Tx, tenant: TenantId, person: &Person) -> Result<(), Error> {
    if let Some(account) = person.profile.account {
        accounts::find(tx, tenant, account).await?.ok_or(Error::AccountNotFound(account))?;
    }
    let Some(direct) = person.profile.manager else { return Ok(()) };
    // Those above once each: should what is stored ever hold a circle, it must not hold up this walk.
    let mut seen = HashSet::new();
    let mut above = Some(direct);
    while let Some(manager) = above.filter(|manager| seen.insert(*manager)) {
        if manager == person.id {
            return Err(Error::ManagerCycle(person.id));
        }
        let next = people::find_manager(tx, tenant, manager).await?;
        if next.is_none() && manager == direct {
            return Err(Error::PersonNotFound(manager));
        }
        above = next.flatten();
    }
    Ok(())
}

async fn check_place(
    tx: &Tx,
    tenant: TenantId,
    place: Option<Place>,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> Result<(), Error> {
    let Some(Place { unit, role }) = place else { return Ok(()) };
    check_covers(tx, tenant, unit, from, to).await?;
    if let Some(role) = role {
        roles::find(tx, tenant, role).await?.ok_or(Error::RoleNotFound(role))?;
    }
    Ok(())
}

/// Writes and tells a new person, or a change if it is one.
pub(super) async fn save_change(
    tx: &Tx,
    tenant: TenantId,
    before: Option<&Person>,
    after: &Person,
) -> Result<(), Error> {
    if before == Some(after) {
        return Ok(());
    }
    refuse_erased(tx, tenant, Key::new_in(before, after)).await?;
    people::save(tx, tenant, std::slice::from_ref(after)).await?;
    tell_people(tx, tenant, std::slice::from_ref(after), after.update_time).await
}
