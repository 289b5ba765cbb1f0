//! Units and their histories.

use std::collections::{HashMap, HashSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId, UnitId};
use chrono::NaiveDate;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::{unit, unit_version};
use super::{CHUNK, Error, corrupt, id, optional, text};
use crate::domain::history::Period;
use crate::domain::tree::{Histories, Node};
use crate::domain::unit::Place;
use crate::domain::{History, Unit};

type Versions = HashMap<String, Vec<Period<Place>>>;

/// One unit.
pub async fn find(db: &impl ConnectionTrait, tenant: TenantId, unit: UnitId) -> Result<Option<Unit>, Error> {
    let row = unit::Entity::in_tenant(tenant).filter(unit::Column::Id.eq(unit.to_string())).one(db).await?;
    let Some(row) = row else { return Ok(None) };
    let versions = unit_version::Entity::in_tenant(tenant)
        .filter(unit_version::Column::UnitId.eq(row.id.as_str()))
        .all(db)
        .await?;
    put_together(row, &mut by_unit(versions)?).map(Some)
}

/// The units of a day, in the order of their creation.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    as_of: NaiveDate,
    page: &PageRequest,
) -> Result<Page<Unit>, Error> {
    let mut select = unit_version::Entity::in_tenant(tenant)
        .select_only()
        .column(unit_version::Column::UnitId)
        .filter(valid_on(as_of))
        .order_by_asc(unit_version::Column::UnitId)
        .limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(unit_version::Column::UnitId.gt(after.as_str()));
    }
    let ids: Vec<String> = select.into_tuple().all(db).await?;
    let mut units = of_ids(db, tenant, &ids).await?;
    units.sort_by_key(|unit| unit.id);
    Ok(Page::cut(units, page, |last| vec![last.id.to_string()]))
}

/// Every unit with its whole history.
pub async fn all(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<Unit>, Error> {
    let rows = unit::Entity::in_tenant(tenant).order_by_asc(unit::Column::Id).all(db).await?;
    let mut versions = by_unit(unit_version::Entity::in_tenant(tenant).all(db).await?)?;
    rows.into_iter().map(|row| put_together(row, &mut versions)).collect()
}

/// The ids of the units that have a key of the source system, by that key.
pub async fn keys(db: &impl ConnectionTrait, tenant: TenantId) -> Result<HashMap<String, UnitId>, Error> {
    let rows: Vec<(String, String)> = unit::Entity::in_tenant(tenant)
        .select_only()
        .columns([unit::Column::ExternalId, unit::Column::Id])
        .filter(unit::Column::ExternalId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter().map(|(key, unit)| Ok((key, id(&unit)?))).collect()
}

/// Which of these units there are.
pub async fn existing(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    units: &[UnitId],
) -> Result<HashSet<UnitId>, Error> {
    let mut found = HashSet::new();
    for chunk in units.chunks(CHUNK) {
        let rows: Vec<String> = unit::Entity::in_tenant(tenant)
            .select_only()
            .column(unit::Column::Id)
            .filter(unit::Column::Id.is_in(chunk.iter().map(ToString::to_string)))
            .into_tuple()
            .all(db)
            .await?;
        for row in rows {
            found.insert(id(&row)?);
        }
    }
    Ok(found)
}

/// The histories of all units from a day on, which is what a move has to be checked against.
pub async fn histories(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    from: NaiveDate,
) -> Result<Histories, Error> {
    let versions = unit_version::Entity::in_tenant(tenant).filter(lasts_beyond(from)).all(db).await?;
    by_unit(versions)?.into_iter().map(|(unit, periods)| Ok((id(&unit)?, history(periods)?))).collect()
}

/// The units of a day, without their people.
pub async fn on_day(db: &impl ConnectionTrait, tenant: TenantId, day: NaiveDate) -> Result<Vec<Node>, Error> {
    let rows = unit_version::Entity::in_tenant(tenant).filter(valid_on(day)).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let (unit, Period { value, .. }) = period(row)?;
            let Place { parent, display_name, leader } = value;
            Ok(Node { unit: id(&unit)?, display_name, parent, leader, employees: 0 })
        })
        .collect()
}

/// The units that people lead on a day, by the leader.
pub async fn led_by(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
    day: NaiveDate,
) -> Result<HashMap<PersonId, Vec<UnitId>>, Error> {
    let mut led: HashMap<PersonId, Vec<UnitId>> = HashMap::new();
    for chunk in people.chunks(CHUNK) {
        let rows: Vec<(String, String)> = unit_version::Entity::in_tenant(tenant)
            .select_only()
            .columns([unit_version::Column::LeaderId, unit_version::Column::UnitId])
            .filter(unit_version::Column::LeaderId.is_in(chunk.iter().map(ToString::to_string)))
            .filter(valid_on(day))
            .order_by_asc(unit_version::Column::UnitId)
            .into_tuple()
            .all(db)
            .await?;
        for (leader, unit) in rows {
            led.entry(id(&leader)?).or_default().push(id(&unit)?);
        }
    }
    Ok(led)
}

/// The units that stand right under a unit on `day` or on a later one.
pub async fn below(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    parent: UnitId,
    day: NaiveDate,
) -> Result<Vec<UnitId>, Error> {
    let units: Vec<String> = unit_version::Entity::in_tenant(tenant)
        .select_only()
        .column(unit_version::Column::UnitId)
        .distinct()
        .filter(unit_version::Column::ParentId.eq(parent.to_string()))
        .filter(lasts_beyond(day))
        .order_by_asc(unit_version::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    units.iter().map(|unit| id(unit)).collect()
}

/// Writes units, new or changed, with their whole histories.
pub async fn save(tx: &Tx, tenant: TenantId, units: &[Unit]) -> Result<(), Error> {
    for chunk in units.chunks(CHUNK) {
        let rows = chunk.iter().map(|unit| row(tenant, unit).into_active_model().reset_all());
        let everything_else = OnConflict::columns([unit::Column::TenantId, unit::Column::Id])
            .update_columns([unit::Column::ExternalId, unit::Column::Revision, unit::Column::UpdateTime])
            .to_owned();
        unit::Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
        unit_version::Entity::delete_many()
            .filter(unit_version::Column::TenantId.eq(tenant.to_string()))
            .filter(unit_version::Column::UnitId.is_in(chunk.iter().map(|unit| unit.id.to_string())))
            .exec(tx)
            .await?;
    }
    let versions: Vec<_> = units.iter().flat_map(|unit| versions(tenant, unit)).collect();
    for chunk in versions.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        unit_version::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn of_ids(db: &impl ConnectionTrait, tenant: TenantId, ids: &[String]) -> Result<Vec<Unit>, Error> {
    let mut units = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = unit::Entity::in_tenant(tenant).filter(unit::Column::Id.is_in(chunk)).all(db).await?;
        let versions = unit_version::Entity::in_tenant(tenant)
            .filter(unit_version::Column::UnitId.is_in(chunk))
            .all(db)
            .await?;
        let mut versions = by_unit(versions)?;
        for row in rows {
            units.push(put_together(row, &mut versions)?);
        }
    }
    Ok(units)
}

fn valid_on(day: NaiveDate) -> Condition {
    Condition::all().add(unit_version::Column::ValidFrom.lte(day)).add(lasts_beyond(day))
}

fn lasts_beyond(day: NaiveDate) -> Condition {
    Condition::any()
        .add(unit_version::Column::ValidTo.is_null())
        .add(Expr::col((unit_version::Entity, unit_version::Column::ValidTo)).gt(day))
}

fn by_unit(rows: Vec<unit_version::Model>) -> Result<Versions, Error> {
    let mut versions = Versions::new();
    for row in rows {
        let (unit, period) = period(row)?;
        versions.entry(unit).or_default().push(period);
    }
    Ok(versions)
}

fn period(row: unit_version::Model) -> Result<(String, Period<Place>), Error> {
    let unit_version::Model {
        tenant_id: _,
        unit_id,
        valid_from,
        valid_to,
        parent_id,
        display_name,
        leader_id,
    } = row;
    let (parent, leader) = (optional(parent_id.as_deref())?, optional(leader_id.as_deref())?);
    Ok((unit_id, Period { from: valid_from, to: valid_to, value: Place { parent, display_name, leader } }))
}

fn history(periods: Vec<Period<Place>>) -> Result<History<Place>, Error> {
    History::from_periods(periods).map_err(corrupt)
}

fn put_together(row: unit::Model, versions: &mut Versions) -> Result<Unit, Error> {
    let unit::Model { tenant_id: _, id: key, external_id, revision, create_time, update_time } = row;
    let history = history(versions.remove(&key).unwrap_or_default())?;
    Ok(Unit { id: id(&key)?, external_id, revision, create_time, update_time, history })
}

fn row(tenant: TenantId, unit: &Unit) -> unit::Model {
    let Unit { id, external_id, revision, create_time, update_time, history: _ } = unit;
    unit::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        external_id: external_id.clone(),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

fn versions(tenant: TenantId, unit: &Unit) -> impl Iterator<Item = unit_version::Model> {
    unit.history.periods().map(move |Period { from, to, value }| {
        let Place { parent, display_name, leader } = value;
        unit_version::Model {
            tenant_id: tenant.to_string(),
            unit_id: unit.id.to_string(),
            valid_from: from,
            valid_to: to,
            parent_id: text(*parent),
            display_name: display_name.clone(),
            leader_id: text(*leader),
        }
    })
}
