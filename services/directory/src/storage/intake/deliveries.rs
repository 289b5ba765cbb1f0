//! What was told, and where it is.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{IntakeDeliveryId, IntakeEndpointId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::super::entity::intake_delivery::{Column, Entity, Model};
use super::super::{CHUNK, Error, corrupt, id, word};
use crate::domain::crm::Kind;
use crate::domain::intake::delivery::{Delivery, State};

/// Which deliveries are asked for; none means that it doesn't matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub endpoint: Option<IntakeEndpointId>,
    pub state: Option<State>,
}

/// Keeps what was told, but for what was told before. Returns how many are new.
pub async fn insert(tx: &Tx, tenant: TenantId, deliveries: &[Delivery]) -> Result<u64, Error> {
    let mut inserted = 0;
    for chunk in deliveries.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|delivery| Ok(row(tenant, delivery)?.into_active_model().reset_all()))
            .collect::<Result<Vec<_>, Error>>()?;
        let known = OnConflict::columns([Column::TenantId, Column::EndpointId, Column::EventId])
            .do_nothing()
            .to_owned();
        inserted += Entity::insert_many(rows).on_conflict(known).exec_without_returning(tx).await?;
    }
    Ok(inserted)
}

/// Writes what became of deliveries.
pub async fn update(tx: &Tx, tenant: TenantId, deliveries: &[Delivery]) -> Result<(), Error> {
    for chunk in deliveries.chunks(CHUNK) {
        let rows = chunk
            .iter()
            .map(|delivery| Ok(row(tenant, delivery)?.into_active_model().reset_all()))
            .collect::<Result<Vec<_>, Error>>()?;
        let progress = OnConflict::columns([Column::TenantId, Column::Id])
            .update_columns([
                Column::Change,
                Column::State,
                Column::Tries,
                Column::DueTime,
                Column::Reason,
                Column::Problem,
                Column::LastTime,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(progress).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// One delivery.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    delivery: IntakeDeliveryId,
) -> Result<Option<Delivery>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(delivery.to_string())).one(db).await?;
    row.map(read).transpose()
}

/// Deliveries, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    filter: Filter,
    page: &PageRequest,
) -> Result<Page<Delivery>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_desc(Column::Id).limit(page.limit());
    if let Some(endpoint) = filter.endpoint {
        select = select.filter(Column::EndpointId.eq(endpoint.to_string()));
    }
    if let Some(state) = filter.state {
        select = select.filter(Column::State.eq(state.word()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.lt(after.as_str()));
    }
    let found = select.all(db).await?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// The dead letters of an endpoint, oldest first, as many as one transaction takes.
pub async fn dead(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    endpoint: IntakeEndpointId,
    most: u64,
) -> Result<Vec<Delivery>, Error> {
    let select = Entity::in_tenant(tenant)
        .filter(Column::EndpointId.eq(endpoint.to_string()))
        .filter(Column::State.eq(State::Dead.word()))
        .order_by_asc(Column::Id)
        .limit(most);
    select.all(db).await?.into_iter().map(read).collect()
}

/// Those of these that are still whose who claimed them, by their fences.
pub async fn held(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    claimed: &[(IntakeDeliveryId, i64)],
) -> Result<Vec<Delivery>, Error> {
    let mut held = Vec::new();
    for chunk in claimed.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::Id.is_in(chunk.iter().map(|(delivery, _)| delivery.to_string())))
            .filter(Column::State.eq(State::Pending.word()))
            .order_by_asc(Column::Id)
            .all(db)
            .await?;
        for row in rows {
            let fence = row.fence;
            let delivery = read(row)?;
            if chunk.contains(&(delivery.id, fence)) {
                held.push(delivery);
            }
        }
    }
    Ok(held)
}

fn row(tenant: TenantId, delivery: &Delivery) -> Result<Model, Error> {
    let Delivery {
        id,
        endpoint,
        event_id,
        kind,
        external_id,
        change,
        state,
        tries,
        due_time,
        reason,
        problem,
        create_time,
        last_time,
    } = delivery;
    let change = change.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
    Ok(Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        endpoint_id: endpoint.to_string(),
        event_id: event_id.clone(),
        kind: kind.word().to_owned(),
        external_id: external_id.clone(),
        change: change.unwrap_or_default(),
        state: state.word().to_owned(),
        tries: i32::try_from(*tries).unwrap_or(i32::MAX),
        due_time: *due_time,
        fence: 0,
        reason: reason.clone(),
        problem: problem.clone(),
        create_time: *create_time,
        last_time: *last_time,
    })
}

pub(super) fn read(row: Model) -> Result<Delivery, Error> {
    let Model {
        tenant_id: _,
        id: key,
        endpoint_id,
        event_id,
        kind,
        external_id,
        change,
        state,
        tries,
        due_time,
        fence: _,
        reason,
        problem,
        create_time,
        last_time,
    } = row;
    let change = (!change.is_empty()).then(|| serde_json::from_str(&change)).transpose().map_err(corrupt)?;
    Ok(Delivery {
        id: id(&key)?,
        endpoint: id(&endpoint_id)?,
        event_id,
        kind: word(&kind, Kind::of_word)?,
        external_id,
        change,
        state: word(&state, State::of_word)?,
        tries: u32::try_from(tries).map_err(corrupt)?,
        due_time,
        reason,
        problem,
        create_time,
        last_time,
    })
}
