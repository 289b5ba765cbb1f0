//! People who turned out to be one: where the names of those that are gone lead, and who may be one still.

use std::collections::{BTreeMap, BTreeSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::person_redirect::{Column, Entity, Model};
use super::entity::{
    employment, membership, outcome, person, person_attribute, person_identity, unit_version,
};
use super::{Error, id};
use crate::domain::Person;
use crate::domain::duplicate::name_key;
use crate::domain::person::{ExternalId, email_key};

/// Somebody who was merged into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirect {
    pub gone: PersonId,
    pub survivor: PersonId,
    /// With which the others heard the last of the one that is gone.
    pub revision: i64,
}

/// Who somebody was merged into.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    gone: PersonId,
) -> Result<Option<PersonId>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::PersonId.eq(gone.to_string())).one(db).await?;
    row.map(|row| id(&row.survivor_id)).transpose()
}

/// Who was merged into somebody, by id.
pub async fn into(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    survivor: PersonId,
) -> Result<Vec<PersonId>, Error> {
    let gone: Vec<String> = Entity::in_tenant(tenant)
        .select_only()
        .column(Column::PersonId)
        .filter(Column::SurvivorId.eq(survivor.to_string()))
        .order_by_asc(Column::PersonId)
        .into_tuple()
        .all(db)
        .await?;
    gone.iter().map(|gone| id(gone)).collect()
}

/// Those who were merged into others, by id.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Redirect>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::PersonId).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::PersonId.gt(after.as_str()));
    }
    let mut redirects = Vec::new();
    for row in select.all(db).await? {
        let Model { tenant_id: _, person_id, survivor_id, revision, merge_time: _ } = row;
        redirects.push(Redirect { gone: id(&person_id)?, survivor: id(&survivor_id)?, revision });
    }
    Ok(Page::cut(redirects, page, |last| vec![last.gone.to_string()]))
}

/// Lets names of people who are gone lead to the survivor, and those that led to them too.
pub async fn redirect(
    tx: &Tx,
    tenant: TenantId,
    survivor: PersonId,
    gone: &[Person],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let ids = || gone.iter().map(|person| person.id.to_string());
    Entity::update_many()
        .col_expr(Column::SurvivorId, Expr::value(survivor.to_string()))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::SurvivorId.is_in(ids()))
        .exec(tx)
        .await?;
    let rows = gone.iter().map(|person| {
        let row = Model {
            tenant_id: tenant.to_string(),
            person_id: person.id.to_string(),
            survivor_id: survivor.to_string(),
            revision: person.revision + 1,
            merge_time: now,
        };
        row.into_active_model().reset_all()
    });
    Entity::insert_many(rows).exec_without_returning(tx).await?;
    Ok(())
}

/// Every key by which people are known.
pub async fn external_ids(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<BTreeSet<ExternalId>, Error> {
    let rows = person_identity::Entity::in_tenant(tenant)
        .filter(person_identity::Column::PersonId.is_in(people.iter().map(ToString::to_string)))
        .all(db)
        .await?;
    let pair = |row: person_identity::Model| ExternalId { source: row.source, external_id: row.external_id };
    Ok(rows.into_iter().map(pair).collect())
}

/// Removes people who are gone, with all that hangs on them here.
pub async fn delete(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<(), Error> {
    macro_rules! delete {
        ($($table:ident.$column:ident;)*) => {
            $($table::Entity::delete_many()
                .filter($table::Column::TenantId.eq(tenant.to_string()))
                .filter($table::Column::$column.is_in(people.iter().map(ToString::to_string)))
                .exec(tx)
                .await?;)*
        };
    }
    delete! {
        membership.PersonId;
        employment.PersonId;
        person_attribute.PersonId;
        person_identity.PersonId;
        person.Id;
    }
    Ok(())
}

/// How many outcomes are of people.
pub async fn count_outcomes(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<u64, Error> {
    let of = outcome::Column::PersonId.is_in(people.iter().map(ToString::to_string));
    Ok(outcome::Entity::in_tenant(tenant).filter(of).count(db).await?)
}

/// Gives the outcomes of people to the survivor.
pub async fn move_outcomes(
    tx: &Tx,
    tenant: TenantId,
    survivor: PersonId,
    gone: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    outcome::Entity::update_many()
        .col_expr(outcome::Column::PersonId, Expr::value(survivor.to_string()))
        .col_expr(outcome::Column::Revision, Expr::col(outcome::Column::Revision).add(1))
        .col_expr(outcome::Column::UpdateTime, Expr::value(now))
        .filter(outcome::Column::TenantId.eq(tenant.to_string()))
        .filter(outcome::Column::PersonId.is_in(gone.iter().map(ToString::to_string)))
        .exec(tx)
        .await?;
    Ok(())
}

/// The ids of the units that people led, lead or will lead.
pub async fn led(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<BTreeSet<arki_ids::UnitId>, Error> {
    let units: Vec<String> = unit_version::Entity::in_tenant(tenant)
        .select_only()
        .column(unit_version::Column::UnitId)
        .distinct()
        .filter(unit_version::Column::LeaderId.is_in(people.iter().map(ToString::to_string)))
        .into_tuple()
        .all(db)
        .await?;
    units.iter().map(|unit| id(unit)).collect()
}

/// For each of these people the others who have the same address, key of another source or name; each side by id.
pub async fn alike(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[Person],
    most: u64,
) -> Result<BTreeMap<PersonId, BTreeSet<PersonId>>, Error> {
    let mut alike: BTreeMap<PersonId, BTreeSet<PersonId>> = BTreeMap::new();
    for one in people {
        let mut conditions = vec![person::Column::NameKey.eq(name_key(&one.profile.display_name))];
        conditions.extend(email_key(&one.profile.email).map(|key| person::Column::EmailKey.eq(key)));
        conditions
            .extend(one.profile.external_id.as_ref().map(|key| person::Column::ExternalId.eq(key.as_str())));
        // One look each, by an index of its own; of the younger alone, so that a pair is told once.
        for condition in conditions {
            let found: Vec<String> = person::Entity::in_tenant(tenant)
                .select_only()
                .column(person::Column::Id)
                .filter(Condition::all().add(condition).add(person::Column::Id.gt(one.id.to_string())))
                .order_by_asc(person::Column::Id)
                .limit(most)
                .into_tuple()
                .all(db)
                .await?;
            for other in found {
                alike.entry(one.id).or_default().insert(id(&other)?);
            }
        }
    }
    Ok(alike)
}
