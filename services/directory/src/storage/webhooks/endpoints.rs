//! Endpoints.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, WebhookEndpointId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::super::entity::webhook_endpoint::{Column, Entity, Model};
use super::super::entity::webhook_lane;
use super::super::{Error, corrupt, id, word};
use crate::domain::webhook::Endpoint;
use crate::domain::webhook::endpoint::Disabled;

/// What is stored of an endpoint and is not for everybody to see: each part is sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub headers: Vec<u8>,
    pub secrets: Vec<u8>,
}

/// One endpoint, with what is sealed.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
) -> Result<Option<(Endpoint, Sealed)>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(endpoint.to_string())).one(db).await?;
    Ok(with_lanes(db, tenant, row.into_iter().collect()).await?.pop())
}

/// Endpoints, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Endpoint>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let found = with_lanes(db, tenant, select.all(db).await?).await?;
    let endpoints = found.into_iter().map(|(endpoint, _)| endpoint).collect();
    Ok(Page::cut(endpoints, page, |last| vec![last.id.to_string()]))
}

/// Every endpoint.
pub async fn all(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<Endpoint>, Error> {
    let rows = Entity::in_tenant(tenant).order_by_asc(Column::Id).all(db).await?;
    let found = rows.into_iter().map(|row| read(row, None));
    found.map(|found| found.map(|(endpoint, _)| endpoint)).collect()
}

/// Writes an endpoint, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, endpoint: &Endpoint, sealed: &Sealed) -> Result<(), Error> {
    let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([
            Column::Url,
            Column::Description,
            Column::EventTypes,
            Column::HeaderNames,
            Column::Headers,
            Column::Secrets,
            Column::MaxPerSecond,
            Column::DisabledReason,
            Column::DisableTime,
            Column::PreviousSecretExpireTime,
            Column::Revision,
            Column::UpdateTime,
        ])
        .to_owned();
    let row = row(tenant, endpoint, sealed).into_active_model().reset_all();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    let lane = webhook_lane::Model {
        tenant_id: tenant.to_string(),
        endpoint_id: endpoint.id.to_string(),
        claim_time: endpoint.create_time,
        pace_time: endpoint.create_time,
        failing_since: None,
    };
    let already = [webhook_lane::Column::TenantId, webhook_lane::Column::EndpointId];
    webhook_lane::Entity::insert(lane.into_active_model().reset_all())
        .on_conflict_do_nothing_on(already)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Notes that an endpoint is to be judged anew, as if it had never failed.
pub async fn forget_failures(tx: &Tx, tenant: TenantId, endpoint: WebhookEndpointId) -> Result<(), Error> {
    webhook_lane::Entity::update_many()
        .col_expr(webhook_lane::Column::FailingSince, sea_orm::sea_query::Expr::value(None::<DateTime<Utc>>))
        .filter(webhook_lane::Column::TenantId.eq(tenant.to_string()))
        .filter(webhook_lane::Column::EndpointId.eq(endpoint.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Removes an endpoint with all that hangs on it, and tells whether there was one.
pub async fn remove(tx: &Tx, tenant: TenantId, endpoint: WebhookEndpointId) -> Result<bool, Error> {
    let removed = Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(endpoint.to_string()))
        .exec(tx)
        .await?;
    Ok(removed.rows_affected > 0)
}

async fn with_lanes(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    rows: Vec<Model>,
) -> Result<Vec<(Endpoint, Sealed)>, Error> {
    let ids = rows.iter().map(|row| row.id.clone());
    let lanes = webhook_lane::Entity::in_tenant(tenant)
        .filter(webhook_lane::Column::EndpointId.is_in(ids))
        .all(db)
        .await?;
    let mut failing: HashMap<_, _> =
        lanes.into_iter().map(|lane| (lane.endpoint_id, lane.failing_since)).collect();
    rows.into_iter()
        .map(|row| {
            let failing_since = failing.remove(&row.id).flatten();
            read(row, failing_since)
        })
        .collect()
}

fn row(tenant: TenantId, endpoint: &Endpoint, sealed: &Sealed) -> Model {
    let Endpoint {
        id,
        url,
        description,
        event_types,
        header_names,
        max_per_second,
        disabled,
        failing_since: _,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    } = endpoint;
    let Sealed { headers, secrets } = sealed;
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        url: url.clone(),
        description: description.clone(),
        event_types: event_types.join(" "),
        header_names: header_names.join(" "),
        headers: headers.clone(),
        secrets: secrets.clone(),
        max_per_second: i32::try_from(*max_per_second).unwrap_or(i32::MAX),
        disabled_reason: disabled.map(|(reason, _)| reason.word().to_owned()),
        disable_time: disabled.map(|(_, time)| time),
        previous_secret_expire_time: *previous_secret_expire_time,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

fn read(row: Model, failing_since: Option<DateTime<Utc>>) -> Result<(Endpoint, Sealed), Error> {
    let Model {
        tenant_id: _,
        id: key,
        url,
        description,
        event_types,
        header_names,
        headers,
        secrets,
        max_per_second,
        disabled_reason,
        disable_time,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    } = row;
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let disabled = match (disabled_reason, disable_time) {
        (Some(reason), Some(time)) => Some((word(&reason, Disabled::of)?, time)),
        _ => None,
    };
    let endpoint = Endpoint {
        id: id(&key)?,
        url,
        description,
        event_types: words(&event_types),
        header_names: words(&header_names),
        max_per_second: u32::try_from(max_per_second).map_err(corrupt)?,
        disabled,
        failing_since,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    };
    Ok((endpoint, Sealed { headers, secrets }))
}
