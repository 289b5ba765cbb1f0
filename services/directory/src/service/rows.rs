//! Which rows of the directory a caller sees who does not reach all of the tenant.

use std::collections::{HashMap, HashSet};

use arki_ids::UnitId;
use arki_rpc::{Caller, Reach};
use chrono::NaiveDate;

use super::{Directory, Error};
use crate::domain::Person;
use crate::storage::units;

impl Directory {
    /// The units within reach by the tree of today; none where every unit is.
    pub(super) async fn units_within(&self, caller: &Caller) -> Result<Option<HashSet<UnitId>>, Error> {
        if caller.reach.rows().is_none() {
            return Ok(None);
        }
        let today = self.today(caller.tenant).await?;
        let nodes = units::on_day(self.store.reader(), caller.tenant, today).await?;
        let tree: HashMap<_, _> = nodes.into_iter().map(|node| (node.unit, node.parent)).collect();
        Ok(Some(caller.reach.within(&tree)))
    }

    /// Refuses a unit that is not within reach, whether it is there or not.
    pub(super) async fn admit_unit(&self, caller: &Caller, unit: UnitId) -> Result<(), Error> {
        match self.units_within(caller).await? {
            Some(units) if !units.contains(&unit) => Err(Error::OutOfReach),
            _ => Ok(()),
        }
    }

    /// Refuses a person who is neither the caller nor today in a unit within reach, whether they are there or not.
    pub(super) async fn admit_person(
        &self,
        caller: &Caller,
        person: Option<&Person>,
        today: NaiveDate,
    ) -> Result<(), Error> {
        let Reach::Rows(_) = &caller.reach else { return Ok(()) };
        let Some(person) = person else { return Err(Error::OutOfReach) };
        if caller.reach.is_own(person.id) {
            return Ok(());
        }
        let units = self.units_within(caller).await?.unwrap_or_default();
        match person.memberships.on(today) {
            Some(place) if units.contains(&place.unit) => Ok(()),
            _ => Err(Error::OutOfReach),
        }
    }
}
