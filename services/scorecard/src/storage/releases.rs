//! What was decided about a wave of employees: its places, and which of them are shown.

use arki_database::{Error, Tx};
use arki_ids::{TenantId, WaveId};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::entity::released_place::{Column, Entity, Model};
use super::{CHUNK, row};
use crate::domain::hierarchy::{Hierarchy, Place};
use crate::domain::release::{MinimumGroup, Plan};

/// A decision as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    pub hierarchy: Hierarchy,
    /// How many answered at each place itself.
    pub own: Vec<u64>,
    /// Whether each place is shown.
    pub shown: Vec<bool>,
}

impl Release {
    /// The plan that was decided on.
    pub fn plan(&self, minimum_group: MinimumGroup) -> Result<Plan, Error> {
        Plan::restore(&self.hierarchy.parents(), &self.own, minimum_group, self.shown.clone())
            .map_err(|error| Error::Corrupt(format!("released_place: {error}")))
    }
}

pub async fn find(db: &impl ConnectionTrait, tenant: TenantId, wave: WaveId) -> Result<Release, Error> {
    let select = Entity::in_tenant(tenant).filter(Column::WaveId.eq(wave.to_string()));
    let rows = select.order_by_asc(Column::Place).all(db).await?;
    let mut places = Vec::with_capacity(rows.len());
    let mut own = Vec::with_capacity(rows.len());
    let mut shown = Vec::with_capacity(rows.len());
    for model in rows {
        let Model {
            tenant_id: _,
            wave_id: _,
            place: _,
            parent_place,
            unit_id,
            display_name,
            people,
            is_shown,
        } = model;
        let parent = parent_place.map(|place| row::number("released_place.parent_place", place.into()));
        places.push(Place {
            unit: row::parse_or_none("released_place.unit_id", unit_id.as_deref())?,
            name: display_name,
            parent: parent.transpose()?,
        });
        own.push(row::number("released_place.people", people)?);
        shown.push(is_shown);
    }
    let hierarchy = Hierarchy::restore(places)
        .ok_or_else(|| Error::Corrupt(format!("released_place: the places of {wave} make no tree")))?;
    Ok(Release { hierarchy, own, shown })
}

pub async fn insert(tx: &Tx, tenant: TenantId, wave: WaveId, release: &Release) -> Result<(), Error> {
    let Release { hierarchy, own, shown } = release;
    let mut rows = Vec::with_capacity(own.len());
    for (number, ((place, people), is_shown)) in hierarchy.places().iter().zip(own).zip(shown).enumerate() {
        let Place { unit, name, parent } = place;
        let at = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let model = Model {
            tenant_id: row::tenant(tenant),
            wave_id: wave.to_string(),
            place: at(number),
            parent_place: parent.map(at),
            unit_id: row::text(*unit),
            display_name: name.clone(),
            people: row::signed("released_place.people", *people)?,
            is_shown: *is_shown,
        };
        rows.push(model.into_active_model());
    }
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(CHUNK));
        Entity::insert_many(std::mem::replace(&mut rows, rest)).exec_without_returning(tx).await?;
    }
    Ok(())
}
