//! Numbers of HR and recruiting, by unit and month.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{UnitId, WorkforceFigureId};
use arki_rpc::Caller;
use chrono::{DateTime, NaiveDate, Utc};

use super::error::check_etag;
use super::events::tell_figures;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Tenant;
use crate::domain::crm::Verdict;
use crate::domain::workforce::{Changed, Figure, Group, Key, Ledger, Reported, Terms, Units};
use crate::storage::workforce::{self, Filter};
use crate::storage::{people, units};

impl Directory {
    /// Brings figures to what a source says, each by itself.
    pub async fn batch_upsert_workforce_figures(
        &self,
        asked: &Asked,
        source: String,
        reported: Vec<Reported>,
    ) -> Result<Vec<Verdict>, Error> {
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let batch = Arc::new((source, reported));
        self.write_past_conflicts("BatchUpsertWorkforceFigures", asked, move |tx| {
            let batch = Arc::clone(&batch);
            Box::pin(async move {
                let (source, reported) = &*batch;
                let tenant = tenant_of(tx, tenant).await?;
                let mut ledger = ledger(tx, &tenant, source, reported, now).await?;
                let verdicts: Vec<_> = reported.iter().map(|one| ledger.take(one)).collect();
                let Changed { written, told } = ledger.changed();
                workforce::save(tx, tenant.id, &written).await?;
                tell_figures(tx, tenant.id, &told, now, false).await?;
                Ok(verdicts)
            })
        })
        .await
    }

    /// One figure.
    pub async fn get_workforce_figure(
        &self,
        caller: &Caller,
        figure: WorkforceFigureId,
    ) -> Result<Figure, Error> {
        let found = workforce::find(self.store.reader(), caller.tenant, figure).await?;
        let Some(within) = self.units_within(caller).await? else {
            return found.ok_or(Error::WorkforceFigureNotFound(figure));
        };
        found.filter(|found| within.contains(&found.key.unit)).ok_or(Error::OutOfReach)
    }

    /// Figures by month, of the units within reach.
    pub async fn list_workforce_figures(
        &self,
        caller: &Caller,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<Figure>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let within = self.units_within(caller).await?;
        if let Some(unit) = filter.unit {
            if within.as_ref().is_some_and(|within| !within.contains(&unit)) {
                return Err(Error::OutOfReach);
            }
            units::find(reader, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
        }
        Ok(workforce::list(reader, tenant, filter, within.as_ref(), page).await?)
    }

    /// Removes a figure.
    pub async fn delete_workforce_figure(
        &self,
        asked: &Asked,
        figure: WorkforceFigureId,
        etag: String,
    ) -> Result<(), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("DeleteWorkforceFigure", asked, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let found = workforce::find(tx, tenant, figure).await?;
                let found = found.ok_or(Error::WorkforceFigureNotFound(figure))?;
                check_etag(&etag, found.revision)?;
                workforce::delete(tx, tenant, figure).await?;
                let gone = Figure { revision: found.revision + 1, ..found };
                tell_figures(tx, tenant, std::slice::from_ref(&gone), now, true).await
            })
        })
        .await
    }
}

/// Everything that reported figures need, with a few statements for all of them.
async fn ledger(
    tx: &Tx,
    tenant: &Tenant,
    source: &str,
    reported: &[Reported],
    now: DateTime<Utc>,
) -> Result<Ledger, Error> {
    let named: BTreeSet<UnitId> = reported.iter().filter_map(Reported::named).collect();
    let named: Vec<UnitId> = named.into_iter().collect();
    let known = Units {
        by_key: units::keys(tx, tenant.id).await?,
        named: units::existing(tx, tenant.id, &named).await?,
    };
    let terms = Terms {
        source: source.to_owned(),
        now,
        today: tenant.day_of(now),
        least: tenant.rules.minimum_group_employees,
        new_id: WorkforceFigureId::generate,
    };
    let keys: Vec<Key> = reported.iter().filter_map(|one| one.key(&known).ok()).collect();
    let mut members = HashMap::new();
    for month in months(&keys, |key| key.kind.group() == Some(Group::Members) && key.month <= terms.today) {
        members.insert(month, people::count_active_by_unit(tx, tenant.id, month).await?);
    }
    let of: BTreeSet<UnitId> = keys.iter().map(|key| key.unit).collect();
    let of: Vec<UnitId> = of.into_iter().collect();
    let figures = workforce::of_units(tx, tenant.id, &of, &months(&keys, |_| true)).await?;
    Ok(Ledger::new(terms, known, members, figures))
}

/// The months of some keys.
fn months(keys: &[Key], wanted: impl Fn(&Key) -> bool) -> BTreeSet<NaiveDate> {
    keys.iter().filter(|key| wanted(key)).map(|key| key.month).collect()
}
