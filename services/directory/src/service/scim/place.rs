//! Where a user is said to belong, in units and roles that there are.

use std::collections::HashMap;

use arki_database::Tx;
use arki_ids::{RoleId, TenantId, UnitId};
use chrono::NaiveDate;

use super::super::Error;
use crate::domain::Unit;
use crate::domain::person::Person;
use crate::domain::scim::{folded, told};
use crate::storage::{roles, units};

/// Units and roles by what a provider may call them. Read when first needed.
#[derive(Default)]
pub(super) struct Places(Option<Read>);

struct Read {
    units: HashMap<UnitId, Unit>,
    by_key: HashMap<String, UnitId>,
    /// None where two units of today are called so.
    by_name: HashMap<String, Option<UnitId>>,
    roles: HashMap<String, RoleId>,
}

impl Places {
    /// The unit and the role that are meant, as far as there are such. The unit is there from `today` on for as long as
    /// the person would belong to it.
    pub(super) async fn find(
        &mut self,
        tx: &Tx,
        tenant: TenantId,
        today: NaiveDate,
        place: told::Place<'_>,
        person: &Person,
    ) -> Result<(Option<UnitId>, Option<RoleId>), Error> {
        let read = match &mut self.0 {
            Some(read) => read,
            empty => empty.insert(Read::begin(tx, tenant, today).await?),
        };
        let until = person.memberships.until(today);
        let stays =
            |unit: &UnitId| read.units.get(unit).is_some_and(|unit| unit.history.covers(today, until));
        let unit = place.unit.and_then(|word| read.unit(word)).filter(&stays);
        let unit = unit.or_else(|| place.department.and_then(|word| read.unit(word)).filter(&stays));
        let role = place.role.and_then(|word| read.roles.get(word).copied());
        Ok((unit, role))
    }
}

impl Read {
    async fn begin(tx: &Tx, tenant: TenantId, today: NaiveDate) -> Result<Self, Error> {
        let units = units::all(tx, tenant).await?;
        let (mut by_key, mut by_name) = (HashMap::new(), HashMap::new());
        for unit in &units {
            if let Some(key) = &unit.external_id {
                by_key.insert(key.clone(), unit.id);
            }
            if let Some(period) = unit.history.on(today) {
                let name = folded(period.value.display_name.trim());
                by_name.entry(name).and_modify(|unit| *unit = None).or_insert(Some(unit.id));
            }
        }
        let mut of_role = HashMap::new();
        for role in roles::all(tx, tenant).await? {
            of_role.insert(role.id.name(), role.id);
            of_role.extend(role.external_id.map(|key| (key, role.id)));
        }
        let units = units.into_iter().map(|unit| (unit.id, unit)).collect();
        Ok(Self { units, by_key, by_name, roles: of_role })
    }

    /// The unit by its key in the HR system, by its resource name, or by what people call it today, letter case aside.
    fn unit(&self, word: &str) -> Option<UnitId> {
        let by_key = self.by_key.get(word).copied();
        let by_id = || UnitId::from_name(word).ok().filter(|unit| self.units.contains_key(unit));
        by_key.or_else(by_id).or_else(|| self.by_name.get(&folded(word.trim())).copied().flatten())
    }
}
