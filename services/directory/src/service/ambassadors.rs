//! Ambassadors, and whether there are enough of them.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{AmbassadorId, PersonId, TenantId, UnitId};
use arki_rpc::Caller;
use chrono::NaiveDate;

use super::error::check_etag;
use super::units::check_covers;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Refused;
use crate::domain::ambassador::{self, Ambassador, Change, Coverage};
use crate::domain::person::Kind;
use crate::storage::{ambassadors, people, units};

/// An ambassador to be.
#[derive(Clone, Copy, Debug)]
pub struct AmbassadorDraft {
    pub person: PersonId,
    pub unit: UnitId,
    pub hours_per_month: u32,
    /// None takes today.
    pub since: Option<NaiveDate>,
    pub until: Option<NaiveDate>,
}

impl Directory {
    /// Makes an ambassador.
    pub async fn create_ambassador(
        &self,
        asked: &Asked,
        draft: AmbassadorDraft,
    ) -> Result<Ambassador, Error> {
        let (now, id) = (self.now(), AmbassadorId::generate());
        let tenant = asked.caller.tenant;
        self.write("CreateAmbassador", asked, move |tx| {
            Box::pin(async move {
                let AmbassadorDraft { person, unit, hours_per_month, since, until } = draft;
                let since = since.unwrap_or(tenant_of(tx, tenant).await?.day_of(now));
                let ambassador = Ambassador {
                    id,
                    person,
                    unit,
                    hours_per_month,
                    since,
                    until,
                    revision: 1,
                    create_time: now,
                    update_time: now,
                };
                let found = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                if found.profile.kind != Kind::Employee {
                    let problem = format!("must be an employee, is a {}", found.profile.kind.word());
                    return Err(Refused::new("person", problem).into());
                }
                check(tx, tenant, &ambassador).await?;
                ambassadors::save(tx, tenant, &ambassador).await?;
                Ok(ambassador)
            })
        })
        .await
    }

    /// One ambassador.
    pub async fn get_ambassador(
        &self,
        caller: &Caller,
        ambassador: AmbassadorId,
    ) -> Result<Ambassador, Error> {
        let found = ambassadors::find(self.store.reader(), caller.tenant, ambassador).await?;
        found.ok_or(Error::AmbassadorNotFound(ambassador))
    }

    /// Ambassadors, oldest first; of one unit or of all.
    pub async fn list_ambassadors(
        &self,
        caller: &Caller,
        unit: Option<UnitId>,
        page: &PageRequest,
    ) -> Result<Page<Ambassador>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        if let Some(unit) = unit {
            units::find(reader, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
        }
        Ok(ambassadors::list(reader, tenant, unit, page).await?)
    }

    /// Changes hours or end of an ambassador.
    pub async fn update_ambassador(
        &self,
        asked: &Asked,
        ambassador: AmbassadorId,
        change: Change,
        etag: String,
    ) -> Result<Ambassador, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("UpdateAmbassador", asked, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let found = ambassadors::find(tx, tenant, ambassador).await?;
                let before = found.ok_or(Error::AmbassadorNotFound(ambassador))?;
                check_etag(&etag, before.revision)?;
                let changed = before.change(change, now);
                if changed != before {
                    check(tx, tenant, &changed).await?;
                    ambassadors::save(tx, tenant, &changed).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Removes an ambassador.
    pub async fn delete_ambassador(
        &self,
        asked: &Asked,
        ambassador: AmbassadorId,
        etag: String,
    ) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write("DeleteAmbassador", asked, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let found = ambassadors::find(tx, tenant, ambassador).await?;
                let found = found.ok_or(Error::AmbassadorNotFound(ambassador))?;
                check_etag(&etag, found.revision)?;
                Ok(ambassadors::delete(tx, tenant, ambassador).await?)
            })
        })
        .await
    }

    /// How many employees one ambassador is for.
    pub async fn get_ambassador_target(&self, caller: &Caller) -> Result<u32, Error> {
        Ok(ambassadors::target(self.store.reader(), caller.tenant).await?)
    }

    /// Sets how many employees one ambassador is for.
    pub async fn update_ambassador_target(&self, asked: &Asked, people: u32) -> Result<u32, Error> {
        let tenant = asked.caller.tenant;
        self.write("UpdateAmbassadorTarget", asked, move |tx| {
            Box::pin(async move {
                ambassadors::save_target(tx, tenant, people).await?;
                Ok(people)
            })
        })
        .await
    }

    /// How well units are covered on a day, in the order of their creation, and the target.
    pub async fn ambassador_coverage(
        &self,
        caller: &Caller,
        as_of: Option<NaiveDate>,
        below_target_only: bool,
        page: &PageRequest,
    ) -> Result<(Page<Coverage>, u32), Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let tree = self.get_tree(caller, as_of).await?;
        let target = ambassadors::target(reader, tenant).await?;
        let working = ambassadors::working(reader, tenant, tree.as_of).await?;
        let after = page.after.as_ref().and_then(|cursor| cursor.first());
        let after = after.and_then(|after| after.parse::<UnitId>().ok());
        let rows: Vec<Coverage> = ambassador::coverage(&tree.units, &working, target)
            .into_values()
            .filter(|covered| Some(covered.unit) > after && (!below_target_only || covered.is_below()))
            .take(usize::try_from(page.limit()).unwrap_or(usize::MAX))
            .collect();
        Ok((Page::cut(rows, page, |last| vec![last.unit.to_string()]), target))
    }
}

async fn check(tx: &Tx, tenant: TenantId, ambassador: &Ambassador) -> Result<(), Error> {
    ambassador.check()?;
    check_covers(tx, tenant, ambassador.unit, ambassador.since, ambassador.until).await?;
    let others = ambassadors::of_person(tx, tenant, ambassador.person, ambassador.unit).await?;
    if others.iter().any(|other| other.id != ambassador.id && other.overlaps(ambassador)) {
        return Err(Error::AmbassadorExists);
    }
    Ok(())
}
