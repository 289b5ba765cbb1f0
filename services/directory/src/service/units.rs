//! Units of the organisation.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId, UnitId};
use arki_rpc::Caller;
use chrono::NaiveDate;

use super::error::check_etag;
use super::events::tell_units;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Unit;
use crate::domain::tree::{self, Tree};
use crate::domain::unit::{Change, Draft};
use crate::storage::{people, units};

/// A unit, and the day on which it is to be shown.
pub(super) type Shown = (Unit, NaiveDate);

impl Directory {
    /// Makes a unit.
    pub async fn create_unit(&self, asked: &Asked, draft: Draft) -> Result<Shown, Error> {
        let (now, id) = (self.now(), UnitId::generate());
        let tenant = asked.caller.tenant;
        let external_id = draft.external_id.clone();
        self.write("CreateUnit", asked, move |tx| {
            let Draft { external_id, place, valid_from } = draft.clone();
            Box::pin(async move {
                let first = valid_from.unwrap_or(tenant_of(tx, tenant).await?.day_of(now));
                if let Some(parent) = place.parent {
                    check_covers(tx, tenant, parent, first, None).await?;
                }
                check_leader(tx, tenant, place.leader).await?;
                let unit = Unit::create(id, external_id, place, first, now);
                units::save(tx, tenant, std::slice::from_ref(&unit)).await?;
                tell_units(tx, tenant, std::slice::from_ref(&unit), now).await?;
                Ok((unit, first))
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }

    /// One unit, as it is today.
    pub async fn get_unit(&self, caller: &Caller, unit: UnitId) -> Result<Shown, Error> {
        self.admit_unit(caller, unit).await?;
        let today = self.today(caller.tenant).await?;
        let found = units::find(self.store.reader(), caller.tenant, unit).await?;
        Ok((found.ok_or(Error::UnitNotFound(unit))?, today))
    }

    /// The units of a day, and the day.
    pub async fn list_units(
        &self,
        caller: &Caller,
        as_of: Option<NaiveDate>,
        page: &PageRequest,
    ) -> Result<(Page<Unit>, NaiveDate), Error> {
        let as_of = self.day(caller.tenant, as_of).await?;
        let mut listed = units::list(self.store.reader(), caller.tenant, as_of, page).await?;
        if let Some(within) = self.units_within(caller).await? {
            // A page may be short, or empty with more to come: its token knows where to go on.
            listed.items.retain(|unit| within.contains(&unit.id));
        }
        Ok((listed, as_of))
    }

    /// Changes name, leader or key of a unit.
    pub async fn update_unit(
        &self,
        asked: &Asked,
        unit: UnitId,
        change: Change,
        etag: String,
    ) -> Result<Shown, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let external_id = change.external_id.clone().flatten();
        self.write("UpdateUnit", asked, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let today = tenant_of(tx, tenant).await?.day_of(now);
                let unit = units::find(tx, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
                check_etag(&etag, unit.revision)?;
                check_leader(tx, tenant, change.leader.flatten()).await?;
                let day = change.valid_from.unwrap_or_else(|| unit.day_of_change(today));
                let changed = unit.change(change, today, now)?;
                save_change(tx, tenant, &unit, &changed).await?;
                Ok((changed, day))
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }

    /// Puts a unit under another one, or makes it a root, from a day on.
    pub async fn move_unit(
        &self,
        asked: &Asked,
        unit: UnitId,
        parent: Option<UnitId>,
        valid_from: Option<NaiveDate>,
        etag: String,
    ) -> Result<Shown, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("MoveUnit", asked, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let today = tenant_of(tx, tenant).await?.day_of(now);
                let unit = units::find(tx, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
                let day = valid_from.unwrap_or_else(|| unit.day_of_change(today));
                check_etag(&etag, unit.revision)?;
                if let Some(parent) = parent {
                    units::find(tx, tenant, parent).await?.ok_or(Error::UnitNotFound(parent))?;
                }
                let (changed, _) = unit.change_parent(parent, day, now)?;
                let mut histories = units::histories(tx, tenant, day).await?;
                histories.insert(changed.id, changed.history.clone());
                if tree::find_cycle(&histories, [changed.id], day).is_some() {
                    return Err(Error::UnitCycle(changed.id));
                }
                if let Some(day) = tree::find_orphaned(&histories, changed.id, day) {
                    return Err(Error::Validity { day });
                }
                save_change(tx, tenant, &unit, &changed).await?;
                Ok((changed, day))
            })
        })
        .await
    }

    /// Closes a unit: `valid_to` is the first day on which it is no more.
    pub async fn close_unit(
        &self,
        asked: &Asked,
        unit: UnitId,
        valid_to: NaiveDate,
        etag: String,
    ) -> Result<Shown, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("CloseUnit", asked, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let unit = units::find(tx, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
                check_etag(&etag, unit.revision)?;
                let changed = unit.close(valid_to, now)?;
                let below = units::below(tx, tenant, unit.id, valid_to).await?.len() as u64;
                let employees = people::employees_in(tx, tenant, unit.id, valid_to).await?.len() as u64;
                if below > 0 || employees > 0 {
                    return Err(Error::UnitNotEmpty { units: below, employees });
                }
                save_change(tx, tenant, &unit, &changed).await?;
                Ok((changed, valid_to))
            })
        })
        .await
    }

    /// The whole organisation as of a day.
    pub async fn get_tree(&self, caller: &Caller, as_of: Option<NaiveDate>) -> Result<Tree, Error> {
        let as_of = self.day(caller.tenant, as_of).await?;
        let reader = self.store.reader();
        let mut nodes = units::on_day(reader, caller.tenant, as_of).await?;
        if let Some(within) = self.units_within(caller).await? {
            nodes.retain(|node| within.contains(&node.unit));
        }
        let employees = people::count_active_by_unit(reader, caller.tenant, as_of).await?;
        for node in &mut nodes {
            node.employees = employees.get(&node.unit).copied().unwrap_or_default();
        }
        Ok(Tree { as_of, units: tree::arrange(nodes) })
    }

    /// A day, or else today.
    pub(super) async fn day(&self, tenant: TenantId, day: Option<NaiveDate>) -> Result<NaiveDate, Error> {
        match day {
            Some(day) => Ok(day),
            None => self.today(tenant).await,
        }
    }
}

/// Refuses a unit that is not there on every day of a period.
pub(super) async fn check_covers(
    tx: &Tx,
    tenant: TenantId,
    unit: UnitId,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> Result<(), Error> {
    let unit = units::find(tx, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
    if unit.history.covers(from, to) { Ok(()) } else { Err(Error::Validity { day: from }) }
}

async fn check_leader(tx: &Tx, tenant: TenantId, leader: Option<PersonId>) -> Result<(), Error> {
    if let Some(leader) = leader {
        people::find_manager(tx, tenant, leader).await?.ok_or(Error::PersonNotFound(leader))?;
    }
    Ok(())
}

/// Writes and tells a change, if it is one.
async fn save_change(tx: &Tx, tenant: TenantId, before: &Unit, after: &Unit) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    units::save(tx, tenant, std::slice::from_ref(after)).await?;
    tell_units(tx, tenant, std::slice::from_ref(after), after.update_time).await
}
