//! What came of claimed deliveries.

use arki_database::Tx;
use arki_ids::{TenantId, WebhookDeliveryId, WebhookEndpointId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryResult,
    Statement,
};

use super::super::Error;
use super::super::entity::webhook_attempt;
use super::super::entity::webhook_delivery::{Column, Entity};
use super::super::entity::webhook_endpoint;
use super::deliveries::{number, read, row};
use crate::domain::webhook::endpoint::Disabled;
use crate::domain::webhook::{Attempt, Delivery};

/// The deliveries whose claims still hold, of those named with their fences.
pub async fn held(
    tx: &Tx,
    tenant: TenantId,
    fences: &[(WebhookDeliveryId, i64)],
) -> Result<Vec<Delivery>, Error> {
    let ids = fences.iter().map(|(delivery, _)| delivery.to_string());
    let rows = Entity::in_tenant(tenant)
        .filter(Column::Id.is_in(ids))
        .filter(Column::State.eq("pending"))
        .filter(Column::Leased.eq(true))
        .all(tx)
        .await?;
    let mut held = Vec::new();
    for row in rows {
        let fence = row.fence;
        let delivery = read(row)?;
        if fences.contains(&(delivery.id, fence)) {
            held.push(delivery);
        }
    }
    Ok(held)
}

/// Writes a delivery as it is after its attempt, and tells whether the claim still held.
pub async fn settle(tx: &Tx, tenant: TenantId, fence: i64, after: &Delivery) -> Result<bool, Error> {
    let row = row(tenant, after);
    let updated = Entity::update_many()
        .col_expr(Column::State, Expr::value(row.state))
        .col_expr(Column::Attempts, Expr::value(row.attempts))
        .col_expr(Column::Tries, Expr::value(row.tries))
        .col_expr(Column::DueTime, Expr::value(row.due_time))
        .col_expr(Column::Leased, Expr::value(false))
        .col_expr(Column::LastTime, Expr::value(row.last_time))
        .col_expr(Column::LastDurationMs, Expr::value(row.last_duration_ms))
        .col_expr(Column::LastStatus, Expr::value(row.last_status))
        .col_expr(Column::LastOutcome, Expr::value(row.last_outcome))
        .filter(Column::TenantId.eq(row.tenant_id))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Fence.eq(fence))
        .filter(Column::Leased.eq(true))
        .filter(Column::State.eq("pending"))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Writes attempts into the log.
pub async fn log(
    tx: &Tx,
    tenant: TenantId,
    attempts: &[(WebhookDeliveryId, u32, Attempt)],
) -> Result<(), Error> {
    for chunk in attempts.chunks(super::super::CHUNK) {
        let rows = chunk.iter().map(|(delivery, count, attempt)| {
            let Attempt { time, duration_ms, status, outcome } = attempt.clone();
            let row = webhook_attempt::Model {
                tenant_id: tenant.to_string(),
                delivery_id: delivery.to_string(),
                number: number(*count),
                time,
                duration_ms,
                status,
                outcome,
            };
            row.into_active_model().reset_all()
        });
        webhook_attempt::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Notes that an endpoint takes events.
pub async fn succeeded(tx: &Tx, tenant: TenantId, endpoint: WebhookEndpointId) -> Result<(), Error> {
    let sql = "UPDATE webhook_lane SET failing_since = NULL \
               WHERE tenant_id = $1 AND endpoint_id = $2 AND failing_since IS NOT NULL";
    let values = [tenant.to_string().into(), endpoint.to_string().into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Notes that an endpoint takes no events, and tells since when.
pub async fn failed(
    tx: &Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Error> {
    let sql = "UPDATE webhook_lane SET failing_since = COALESCE(failing_since, $1) \
               WHERE tenant_id = $2 AND endpoint_id = $3 RETURNING failing_since";
    let values = [now.into(), tenant.to_string().into(), endpoint.to_string().into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let since = |row: QueryResult| row.try_get("", "failing_since");
    Ok(tx.query_one_raw(statement).await?.map(since).transpose()?.unwrap_or(now))
}

/// Disables an endpoint, and tells whether it was enabled.
pub async fn disable(
    tx: &Tx,
    tenant: TenantId,
    endpoint: WebhookEndpointId,
    reason: Disabled,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    use webhook_endpoint::{Column, Entity};
    let updated = Entity::update_many()
        .col_expr(Column::DisabledReason, Expr::value(reason.word()))
        .col_expr(Column::DisableTime, Expr::value(now))
        .col_expr(Column::UpdateTime, Expr::value(now))
        .col_expr(Column::Revision, sea_orm::sea_query::ExprTrait::add(Expr::col(Column::Revision), 1))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(endpoint.to_string()))
        .filter(Column::DisabledReason.is_null())
        .exec(tx)
        .await?;
    Ok(updated.rows_affected == 1)
}
