//! The first answer to each request id.
//!
//! What do we store, and why: one row for each request that came with a `request_id`, holding a fingerprint of
//! the request and the result of its first run. The row is written in the transaction of the effect, so there is
//! never an effect without its row, nor a row without its effect. A client that got no reply asks again with
//! the same id and gets the same answer. Rows are kept for [`KEPT_HOURS`] and then swept.

mod entity;
mod migration;
mod sweeper;

use arki_ids::TenantId;
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, EntityTrait, QueryFilter, Statement};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use entity::{ActiveModel, Column, Entity, Model};
pub use migration::Migration;
pub use sweeper::keep_swept;

use crate::Tx;
use crate::error::Error;
use crate::write::{Effect, Work};

/// How long the answer to a request id is kept, in hours.
pub const KEPT_HOURS: i64 = 24;

/// What makes a request the same request.
#[derive(Clone, Debug)]
pub struct Once {
    pub tenant: TenantId,
    /// The full name of the method: one request id may serve one request of each method.
    pub method: &'static str,
    /// As the client chose it. Empty: the request is not remembered.
    pub request_id: String,
    /// A hash of everything else in the request, and of who asks.
    pub fingerprint: [u8; 32],
    pub now: DateTime<Utc>,
}

/// Rows that one sweep deletes at most: on SQLite everybody who wants to write waits for it.
pub const SWEPT: u64 = 2_000;

/// Deletes up to [`SWEPT`] rows older than [`KEPT_HOURS`], of all tenants, and tells how many it were. When it
/// were that many, there may be more.
pub async fn sweep(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    let sql = format!(
        "DELETE FROM request_id WHERE (tenant_id, method, request_id) IN (\
         SELECT tenant_id, method, request_id FROM request_id WHERE create_time < $1 LIMIT {SWEPT})"
    );
    let oldest = now - TimeDelta::hours(KEPT_HOURS);
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [oldest.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// A write that first claims its request id.
pub(crate) struct OnceWork<W> {
    pub(crate) once: Once,
    pub(crate) work: W,
}

impl<T, E, W> Work<T, E> for OnceWork<W>
where
    W: Work<T, E>,
    T: Serialize + DeserializeOwned + Send + Sync,
    E: From<Error> + Send,
{
    fn run<'t>(&'t self, tx: &'t Tx) -> Effect<'t, T, E> {
        Box::pin(async move {
            if !claim(tx, &self.once).await? {
                return Ok(replay(tx, &self.once).await?);
            }
            let value = self.work.run(tx).await?;
            remember(tx, &self.once, &value).await?;
            Ok(value)
        })
    }
}

/// Inserts the row, or answers false where there is one. The row comes before the effect: a concurrent request
/// with the same id then waits here, on the key, instead of failing on a key of the effect's own tables.
async fn claim(tx: &Tx, once: &Once) -> Result<bool, Error> {
    let sql = "INSERT INTO request_id (tenant_id, method, request_id, fingerprint, create_time) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let values = [
        once.tenant.to_string().into(),
        once.method.into(),
        once.request_id.as_str().into(),
        once.fingerprint.to_vec().into(),
        once.now.into(),
    ];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    Ok(tx.execute_raw(statement).await?.rows_affected() == 1)
}

async fn replay<T: DeserializeOwned>(tx: &Tx, once: &Once) -> Result<T, Error> {
    let row = Entity::of_request(once)
        .one(tx)
        .await?
        .ok_or_else(|| Error::Corrupt("a claimed request_id has no row".to_owned()))?;
    if row.fingerprint != once.fingerprint {
        return Err(Error::RequestIdReused);
    }
    // Only a row of a running transaction has no response, and that transaction is waited for by the claim.
    let response = row.response.ok_or_else(|| Error::Corrupt("a request_id has no response".to_owned()))?;
    serde_json::from_str(&response).map_err(|error| Error::Corrupt(format!("a stored response: {error}")))
}

async fn remember<T: Serialize>(tx: &Tx, once: &Once, value: &T) -> Result<(), Error> {
    let response = serde_json::to_string(value).map_err(Error::other)?;
    Entity::update_many()
        .col_expr(Column::Response, Expr::value(response))
        .filter(Entity::key_of(once))
        .exec(tx)
        .await?;
    Ok(())
}
