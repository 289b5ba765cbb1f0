//! Changes of the organisation that reach more than one unit.

use std::collections::{BTreeSet, HashMap};

use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, UnitId};
use arki_rpc::Caller;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::error::check_etag;
use super::events::{tell_people, tell_units};
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Unit;
use crate::domain::merge::Merger;
use crate::domain::tree::{self, Counted};
use crate::storage::{people, units};

/// How many units and people a preview names.
const MOST_NAMED: usize = 1_000;

/// What a merger moved, or would move.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Merged {
    pub into: Unit,
    pub day: NaiveDate,
    pub units: usize,
    pub people: usize,
}

/// What must move before a unit can be closed.
#[derive(Clone, Debug)]
pub struct Closure {
    pub units: Vec<UnitId>,
    pub people: Vec<PersonId>,
    pub unit_count: usize,
    pub people_count: usize,
}

impl Directory {
    /// Merges units into another one on a day.
    pub async fn merge_units(
        &self,
        asked: &Asked,
        from: BTreeSet<UnitId>,
        into: UnitId,
        valid_from: Option<NaiveDate>,
        dry_run: bool,
        etag: String,
    ) -> Result<Merged, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("MergeUnits", asked, move |tx| {
            let (from, etag) = (from.clone(), etag.clone());
            Box::pin(async move {
                let day = valid_from.unwrap_or(tenant_of(tx, tenant).await?.day_of(now));
                let mut touched = Vec::new();
                for unit in from.iter().chain([&into]) {
                    touched.push(units::find(tx, tenant, *unit).await?.ok_or(Error::UnitNotFound(*unit))?);
                }
                check_etag(&etag, touched.last().map_or(0, |into| into.revision))?;
                let known: BTreeSet<UnitId> = touched.iter().map(|unit| unit.id).collect();
                let mut below = BTreeSet::new();
                for unit in &from {
                    below.extend(units::below(tx, tenant, *unit, day).await?);
                }
                for unit in below.difference(&known) {
                    touched.extend(units::find(tx, tenant, *unit).await?);
                }
                let histories = units::histories(tx, tenant, day).await?;
                let merger = Merger { from, into, day };
                let changed = merger.units(&touched, &histories, now)?;
                let members = people::in_units(tx, tenant, &merger.from, day).await?;
                let moved = merger.people(&members, now);
                let into = changed.iter().chain(&touched).find(|unit| unit.id == into);
                let into = into.cloned().ok_or(Error::UnitNotFound(merger.into))?;
                let counts = (below.difference(&merger.from).count(), moved.len());
                if !dry_run {
                    units::save(tx, tenant, &changed).await?;
                    people::save(tx, tenant, &moved).await?;
                    tell_units(tx, tenant, &changed, now).await?;
                    tell_people(tx, tenant, &moved, now).await?;
                }
                Ok(Merged { into, day, units: counts.0, people: counts.1 })
            })
        })
        .await
    }

    /// What must move before a unit can be closed on a day.
    pub async fn preview_closure(
        &self,
        caller: &Caller,
        unit: UnitId,
        valid_to: Option<NaiveDate>,
    ) -> Result<Closure, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let day = self.day(tenant, valid_to).await?;
        units::find(reader, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
        let mut units = units::below(reader, tenant, unit, day).await?;
        let mut people = people::employees_in(reader, tenant, unit, day).await?;
        let (unit_count, people_count) = (units.len(), people.len());
        units.truncate(MOST_NAMED);
        people.truncate(MOST_NAMED);
        Ok(Closure { units, people, unit_count, people_count })
    }

    /// The units of a day with how many belong to each, in the order of their creation.
    pub async fn list_unit_counts(
        &self,
        caller: &Caller,
        as_of: Option<NaiveDate>,
        page: &PageRequest,
    ) -> Result<Page<Counted>, Error> {
        let tree = self.get_tree(caller, as_of).await?;
        let mut counted: HashMap<UnitId, Counted> = tree::count(tree.units);
        let after = match page.after.as_ref().and_then(|cursor| cursor.first()) {
            Some(after) => after.parse::<UnitId>().ok(),
            None => None,
        };
        let mut ids: Vec<UnitId> = counted.keys().copied().filter(|unit| Some(*unit) > after).collect();
        ids.sort_unstable();
        ids.truncate(usize::try_from(page.limit()).unwrap_or(usize::MAX));
        let rows = ids.into_iter().filter_map(|unit| counted.remove(&unit)).collect();
        Ok(Page::cut(rows, page, |last: &Counted| vec![last.node.unit.to_string()]))
    }
}
