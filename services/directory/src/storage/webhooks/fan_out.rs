//! From an event to the endpoints that want it.

use arki_database::Tx;
use arki_ids::TenantId;
use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ConnectionTrait, EntityTrait, IntoActiveModel, Statement};

use super::super::entity::webhook_delivery::{Column, Entity};
use super::super::{CHUNK, Error};
use super::deliveries;
use crate::domain::webhook::Delivery;

/// Whether the tenant has any endpoint at all.
pub async fn anybody_listens(db: &impl ConnectionTrait, tenant: TenantId) -> Result<bool, Error> {
    let sql = "SELECT 1 FROM webhook_endpoint WHERE tenant_id = $1 LIMIT 1";
    let statement =
        Statement::from_sql_and_values(db.get_database_backend(), sql, [tenant.to_string().into()]);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Keeps the body of an event. One that is kept already stays.
pub async fn keep_event(
    tx: &Tx,
    tenant: TenantId,
    event_id: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let sql = "INSERT INTO webhook_event (tenant_id, id, body, create_time) VALUES ($1, $2, $3, $4) \
               ON CONFLICT DO NOTHING";
    let values = [tenant.to_string().into(), event_id.into(), body.into(), now.into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Writes new deliveries. An event that an endpoint has already is passed over.
pub async fn insert(tx: &Tx, tenant: TenantId, new: &[Delivery]) -> Result<(), Error> {
    for chunk in new.chunks(CHUNK) {
        let rows = chunk.iter().map(|one| deliveries::row(tenant, one).into_active_model().reset_all());
        let once = [Column::TenantId, Column::EndpointId, Column::EventId];
        Entity::insert_many(rows).on_conflict_do_nothing_on(once).exec_without_returning(tx).await?;
    }
    Ok(())
}
