//! Deliveries and the log of their attempts.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, WebhookDeliveryId, WebhookEndpointId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::super::entity::webhook_attempt;
use super::super::entity::webhook_delivery::{Column, Entity, Model};
use super::super::{Error, corrupt, id, word};
use crate::domain::webhook::delivery::State;
use crate::domain::webhook::{Attempt, Delivery};

/// Attempts that are shown of a delivery at most.
const SHOWN: u64 = 100;

/// Which deliveries are asked for; none means that it doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub endpoint: Option<WebhookEndpointId>,
    pub state: Option<State>,
    pub event_type: Option<String>,
    /// Of events that came then or later.
    pub start: Option<DateTime<Utc>>,
    /// Of events that came before.
    pub end: Option<DateTime<Utc>>,
}

/// One delivery.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    delivery: WebhookDeliveryId,
) -> Result<Option<Delivery>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(delivery.to_string())).one(db).await?;
    row.map(read).transpose()
}

/// Its attempts, newest first.
pub async fn attempts(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    delivery: WebhookDeliveryId,
) -> Result<Vec<Attempt>, Error> {
    let rows = webhook_attempt::Entity::in_tenant(tenant)
        .filter(webhook_attempt::Column::DeliveryId.eq(delivery.to_string()))
        .order_by_desc(webhook_attempt::Column::Number)
        .limit(SHOWN)
        .all(db)
        .await?;
    let attempt = |row: webhook_attempt::Model| {
        let webhook_attempt::Model {
            tenant_id: _,
            delivery_id: _,
            number: _,
            time,
            duration_ms,
            status,
            outcome,
        } = row;
        Attempt { time, duration_ms, status, outcome }
    };
    Ok(rows.into_iter().map(attempt).collect())
}

/// Deliveries, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Delivery>, Error> {
    let Filter { endpoint, state, event_type, start, end } = filter;
    let mut select = Entity::in_tenant(tenant).order_by_desc(Column::Id).limit(page.limit());
    if let Some(endpoint) = endpoint {
        select = select.filter(Column::EndpointId.eq(endpoint.to_string()));
    }
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state.word()));
    }
    if let Some(event_type) = event_type {
        select = select.filter(Column::EventType.eq(event_type.as_str()));
    }
    if let Some(start) = start {
        select = select.filter(Column::CreateTime.gte(*start));
    }
    if let Some(end) = end {
        select = select.filter(Column::CreateTime.lt(*end));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.lt(after.as_str()));
    }
    let found = select.all(db).await?.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// Begins a delivery anew. Whoever is sending it at the moment has lost it.
pub async fn replay(tx: &Tx, tenant: TenantId, delivery: &Delivery) -> Result<(), Error> {
    renewed(delivery.due_time)
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(delivery.id.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Begins every dead letter of an endpoint anew, and tells how many there were.
pub async fn recover(
    tx: &Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    since: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<u64, Error> {
    let mut update = renewed(now)
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::EndpointId.eq(endpoint.to_string()))
        .filter(Column::State.eq(State::Dead.word()));
    if let Some(since) = since {
        update = update.filter(Column::CreateTime.gte(since));
    }
    Ok(update.exec(tx).await?.rows_affected)
}

fn renewed(due: DateTime<Utc>) -> sea_orm::UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Pending.word()))
        .col_expr(Column::Tries, Expr::value(0))
        .col_expr(Column::DueTime, Expr::value(due))
        .col_expr(Column::Leased, Expr::value(false))
}

pub(super) fn row(tenant: TenantId, delivery: &Delivery) -> Model {
    let Delivery {
        id,
        endpoint,
        event_id,
        event_type,
        subject,
        state,
        attempts,
        tries,
        due_time,
        create_time,
        last,
    } = delivery;
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        endpoint_id: endpoint.to_string(),
        event_id: event_id.clone(),
        event_type: event_type.clone(),
        subject: subject.clone(),
        state: state.word().to_owned(),
        attempts: number(*attempts),
        tries: number(*tries),
        due_time: *due_time,
        leased: false,
        fence: 0,
        create_time: *create_time,
        last_time: last.as_ref().map(|last| last.time),
        last_duration_ms: last.as_ref().map(|last| last.duration_ms),
        last_status: last.as_ref().map(|last| last.status),
        last_outcome: last.as_ref().map(|last| last.outcome.clone()),
    }
}

pub(super) fn read(row: Model) -> Result<Delivery, Error> {
    let Model {
        tenant_id: _,
        id: key,
        endpoint_id,
        event_id,
        event_type,
        subject,
        state,
        attempts,
        tries,
        due_time,
        leased: _,
        fence: _,
        create_time,
        last_time,
        last_duration_ms,
        last_status,
        last_outcome,
    } = row;
    let last = last_time.map(|time| Attempt {
        time,
        duration_ms: last_duration_ms.unwrap_or_default(),
        status: last_status.unwrap_or_default(),
        outcome: last_outcome.unwrap_or_default(),
    });
    Ok(Delivery {
        id: id(&key)?,
        endpoint: id(&endpoint_id)?,
        event_id,
        event_type,
        subject,
        state: word(&state, State::of)?,
        attempts: u32::try_from(attempts).map_err(corrupt)?,
        tries: u32::try_from(tries).map_err(corrupt)?,
        due_time,
        create_time,
        last,
    })
}

pub(super) fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
