//! Ambassadors, and how many a tenant wants.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{AmbassadorId, PersonId, TenantId, UnitId};
use chrono::NaiveDate;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, JoinType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::ambassador::{Column, Entity, Model};
use super::entity::{ambassador_target, employment};
use super::{Error, corrupt, employments, id};
use crate::domain::ambassador::{Ambassador, PEOPLE_PER_AMBASSADOR};
use crate::domain::person::Employment;

/// One ambassador.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    ambassador: AmbassadorId,
) -> Result<Option<Ambassador>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(ambassador.to_string())).one(db).await?;
    row.map(Ambassador::try_from).transpose()
}

/// Ambassadors, oldest first; of one unit or of all.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    unit: Option<UnitId>,
    page: &PageRequest,
) -> Result<Page<Ambassador>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(unit) = unit {
        select = select.filter(Column::UnitId.eq(unit.to_string()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let rows = select.all(db).await?;
    let found = rows.into_iter().map(Ambassador::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// Every time of a person in a unit.
pub async fn of_person(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
    unit: UnitId,
) -> Result<Vec<Ambassador>, Error> {
    let rows = Entity::in_tenant(tenant)
        .filter(Column::PersonId.eq(person.to_string()))
        .filter(Column::UnitId.eq(unit.to_string()))
        .all(db)
        .await?;
    rows.into_iter().map(Ambassador::try_from).collect()
}

/// Every time of these people in any unit.
pub async fn of_people(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<Vec<Ambassador>, Error> {
    let of = Column::PersonId.is_in(people.iter().map(ToString::to_string));
    let rows = Entity::in_tenant(tenant).filter(of).order_by_asc(Column::Id).all(db).await?;
    rows.into_iter().map(Ambassador::try_from).collect()
}

/// The ambassadors of a day who work on it.
pub async fn working(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    day: NaiveDate,
) -> Result<Vec<Ambassador>, Error> {
    let stands = Condition::all()
        .add(Expr::col((employment::Entity, employment::Column::TenantId)).equals((Entity, Column::TenantId)))
        .add(
            Expr::col((employment::Entity, employment::Column::PersonId)).equals((Entity, Column::PersonId)),
        );
    let mut select = Entity::in_tenant(tenant)
        .filter(Column::Since.lte(day))
        .filter(Condition::any().add(Column::Until.is_null()).add(Column::Until.gt(day)))
        .filter(employments::stands(&Employment::WORKING, day));
    QuerySelect::query(&mut select).join(JoinType::InnerJoin, employment::Entity, stands);
    select.all(db).await?.into_iter().map(Ambassador::try_from).collect()
}

/// Writes an ambassador, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, ambassador: &Ambassador) -> Result<(), Error> {
    let Ambassador { id, person, unit, hours_per_month, since, until, revision, create_time, update_time } =
        ambassador;
    let row = Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        person_id: person.to_string(),
        unit_id: unit.to_string(),
        hours_per_month: i32::try_from(*hours_per_month).map_err(corrupt)?,
        since: *since,
        until: *until,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    };
    let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([
            Column::PersonId,
            Column::HoursPerMonth,
            Column::Until,
            Column::Revision,
            Column::UpdateTime,
        ])
        .to_owned();
    let row = row.into_active_model().reset_all();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

/// Removes an ambassador.
pub async fn delete(tx: &Tx, tenant: TenantId, ambassador: AmbassadorId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(ambassador.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

/// How many employees one ambassador is for.
pub async fn target(db: &impl ConnectionTrait, tenant: TenantId) -> Result<u32, Error> {
    let row = ambassador_target::Entity::in_tenant(tenant).one(db).await?;
    row.map_or(Ok(PEOPLE_PER_AMBASSADOR), |row| u32::try_from(row.people_per_ambassador).map_err(corrupt))
}

/// Writes how many employees one ambassador is for.
pub async fn save_target(tx: &Tx, tenant: TenantId, people: u32) -> Result<(), Error> {
    use ambassador_target::Column;
    let row = ambassador_target::Model {
        tenant_id: tenant.to_string(),
        people_per_ambassador: i32::try_from(people).map_err(corrupt)?,
    };
    let everything_else =
        OnConflict::column(Column::TenantId).update_column(Column::PeoplePerAmbassador).to_owned();
    let row = row.into_active_model().reset_all();
    ambassador_target::Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Ambassador {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            id: key,
            person_id,
            unit_id,
            hours_per_month,
            since,
            until,
            revision,
            create_time,
            update_time,
        } = row;
        Ok(Self {
            id: id(&key)?,
            person: id(&person_id)?,
            unit: id(&unit_id)?,
            hours_per_month: u32::try_from(hours_per_month).map_err(corrupt)?,
            since,
            until,
            revision,
            create_time,
            update_time,
        })
    }
}
