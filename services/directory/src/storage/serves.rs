//! Who serves whom.

use std::collections::BTreeSet;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{RoleId, ServesEdgeId, TenantId, UnitId};
use chrono::NaiveDate;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::membership;
use super::entity::serves_edge::{Column, Entity, Model};
use super::{Error, corrupt, id, parsed};
use crate::domain::serves::{Edge, Graph};

/// One edge.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    edge: ServesEdgeId,
) -> Result<Option<Edge>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(edge.to_string())).one(db).await?;
    row.map(Edge::try_from).transpose()
}

/// Edges, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Edge>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let edges = select.all(db).await?.into_iter().map(Edge::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(edges, page, |last| vec![last.id.to_string()]))
}

/// Every edge of a tenant.
pub async fn graph(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Graph, Error> {
    Entity::in_tenant(tenant).all(db).await?.into_iter().map(Edge::try_from).collect()
}

/// How many edges a tenant has.
pub async fn count(db: &impl ConnectionTrait, tenant: TenantId) -> Result<u64, Error> {
    Ok(Entity::in_tenant(tenant).count(db).await?)
}

/// The units in which people hold a role on a day.
pub async fn homes(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    role: RoleId,
    day: NaiveDate,
) -> Result<BTreeSet<UnitId>, Error> {
    let units: Vec<String> = membership::Entity::in_tenant(tenant)
        .select_only()
        .column(membership::Column::UnitId)
        .distinct()
        .filter(membership::Column::RoleId.eq(role.to_string()))
        .filter(membership::Column::ValidFrom.lte(day))
        .filter(
            Condition::any()
                .add(membership::Column::ValidTo.is_null())
                .add(membership::Column::ValidTo.gt(day)),
        )
        .into_tuple()
        .all(db)
        .await?;
    units.iter().map(|unit| id(unit)).collect()
}

/// Writes an edge, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, edge: &Edge) -> Result<(), Error> {
    let Edge { id, from, to, words, revision, create_time, update_time } = edge;
    let row = Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        from_party: from.to_string(),
        to_party: to.to_string(),
        words: serde_json::to_value(words).map_err(corrupt)?,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    };
    let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([Column::Words, Column::Revision, Column::UpdateTime])
        .to_owned();
    let row = row.into_active_model().reset_all();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

/// Removes an edge.
pub async fn delete(tx: &Tx, tenant: TenantId, edge: ServesEdgeId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(edge.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

impl TryFrom<Model> for Edge {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model { tenant_id: _, id: key, from_party, to_party, words, revision, create_time, update_time } =
            row;
        Ok(Self {
            id: id(&key)?,
            from: parsed(&from_party)?,
            to: parsed(&to_party)?,
            words: serde_json::from_value(words).map_err(corrupt)?,
            revision,
            create_time,
            update_time,
        })
    }
}
