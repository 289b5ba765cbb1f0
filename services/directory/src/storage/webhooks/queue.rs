//! Handing out what is due. The one place of webhooks that looks over all tenants: whoever sends is nobody's.

use std::collections::HashMap;

use arki_database::Tx;
use arki_ids::{TenantId, WebhookDeliveryId, WebhookEndpointId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, QueryFilter, QueryResult, Statement};

use super::super::entity::webhook_endpoint;
use super::super::{Error, corrupt, id};
use super::endpoints::Sealed;

/// Endpoints of which one claim takes at most.
const LANES: u64 = 64;

/// Deliveries of one endpoint that are under way at most, and of one that fails.
const AT_ONCE: u64 = 32;
const AT_ONCE_FAILING: u64 = 2;

/// How much of its rate an endpoint may use at once, after it had used less.
const BURST: TimeDelta = TimeDelta::seconds(1);

/// What an endpoint has waiting at its time. A delivery that is leased has the end of its lease there.
const DUE: &str = "EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.tenant_id = l.tenant_id \
                   AND d.endpoint_id = l.endpoint_id AND d.state = 'pending' AND d.due_time <= $1)";

/// A delivery that whoever claimed it may send until the lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub tenant: TenantId,
    pub delivery: WebhookDeliveryId,
    pub endpoint: WebhookEndpointId,
    pub fence: i64,
    pub event_id: String,
    pub body: Vec<u8>,
}

/// Where claimed deliveries go.
#[derive(Clone, Debug)]
pub struct Target {
    pub url: String,
    pub sealed: Sealed,
}

/// What was claimed, and where it goes.
pub type Claim = (Vec<Claimed>, HashMap<(TenantId, WebhookEndpointId), Target>);

/// An endpoint with something due.
struct Lane {
    tenant: String,
    endpoint: String,
    pace_time: DateTime<Utc>,
    is_failing: bool,
    max_per_second: u32,
}

/// Whether anything may be claimed. On SQLite a claim takes the only writer, and most looks find nothing.
pub async fn anything_due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, Error> {
    let sql = format!("{} LIMIT 1", lanes_sql());
    let values = [now.into(), (now + BURST).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Takes up to `max` deliveries that are due, until `now + lease`. Endpoints that were served longest ago come first,
/// and none takes more than a quarter of what is asked for, so that one with a backlog leaves room for the others.
pub async fn claim(tx: &Tx, now: DateTime<Utc>, lease: TimeDelta, max: u64) -> Result<Claim, Error> {
    let share = (max / 4).max(1);
    let mut claimed = Vec::new();
    for lane in lanes(tx, now).await? {
        let left = max.saturating_sub(claimed.len() as u64);
        if left == 0 {
            break;
        }
        let at_once = if lane.is_failing { AT_ONCE_FAILING } else { AT_ONCE };
        let free = at_once.saturating_sub(under_way(tx, &lane, now).await?);
        let (paced, _) = lane.pace(u64::MAX, now);
        let count = free.min(share).min(left).min(paced);
        let taken = take(tx, &lane, now, lease, count).await?;
        lane.note(tx, taken.len() as u64, now).await?;
        claimed.extend(taken);
    }
    with_bodies_and_targets(tx, claimed).await
}

fn lanes_sql() -> String {
    format!(
        "SELECT l.tenant_id, l.endpoint_id, l.pace_time, l.failing_since, e.max_per_second FROM webhook_lane l \
         JOIN webhook_endpoint e ON e.tenant_id = l.tenant_id AND e.id = l.endpoint_id \
         WHERE e.disabled_reason IS NULL AND l.pace_time < $2 AND {DUE}"
    )
}

async fn lanes(tx: &Tx, now: DateTime<Utc>) -> Result<Vec<Lane>, Error> {
    let backend = tx.get_database_backend();
    // Two who claim at once take different endpoints: else both would count the same deliveries as under way.
    let lock = if backend == DbBackend::Postgres { "FOR UPDATE OF l SKIP LOCKED" } else { "" };
    let sql = format!("{} ORDER BY l.claim_time, l.endpoint_id LIMIT {LANES} {lock}", lanes_sql());
    let values = [now.into(), (now + BURST).into()];
    let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    let lane = |row: QueryResult| {
        let max_per_second: i32 = row.try_get("", "max_per_second")?;
        let failing_since: Option<DateTime<Utc>> = row.try_get("", "failing_since")?;
        Ok(Lane {
            tenant: row.try_get("", "tenant_id")?,
            endpoint: row.try_get("", "endpoint_id")?,
            pace_time: row.try_get("", "pace_time")?,
            is_failing: failing_since.is_some(),
            max_per_second: u32::try_from(max_per_second).map_err(corrupt)?,
        })
    };
    rows.into_iter().map(lane).collect()
}

impl Lane {
    /// How many of `wanted` its rate lets pass now, and until when the rate is used up then (the generic cell rate
    /// algorithm, ITU-T I.371).
    fn pace(&self, wanted: u64, now: DateTime<Utc>) -> (u64, DateTime<Utc>) {
        if self.max_per_second == 0 {
            return (wanted, self.pace_time.min(now));
        }
        let each = TimeDelta::microseconds(1_000_000 / i64::from(self.max_per_second));
        let from = self.pace_time.max(now);
        let room = (now + BURST - from).num_microseconds().unwrap_or_default().max(0);
        let count = wanted.min((room / each.num_microseconds().unwrap_or(1).max(1)).unsigned_abs());
        (count, from + each * i32::try_from(count).unwrap_or(i32::MAX))
    }

    async fn note(&self, tx: &Tx, taken: u64, now: DateTime<Utc>) -> Result<(), Error> {
        let (_, pace_time) = self.pace(taken, now);
        let sql = "UPDATE webhook_lane SET claim_time = $1, pace_time = $2 WHERE tenant_id = $3 AND endpoint_id = $4";
        let values =
            [now.into(), pace_time.into(), self.tenant.as_str().into(), self.endpoint.as_str().into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
        Ok(())
    }
}

async fn under_way(tx: &Tx, lane: &Lane, now: DateTime<Utc>) -> Result<u64, Error> {
    let sql = "SELECT count(*) AS under_way FROM webhook_delivery WHERE tenant_id = $1 AND endpoint_id = $2 \
               AND state = 'pending' AND leased AND due_time > $3";
    let values = [lane.tenant.as_str().into(), lane.endpoint.as_str().into(), now.into()];
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    let row = tx.query_one_raw(statement).await?;
    let count: i64 = row.map(|row| row.try_get("", "under_way")).transpose()?.unwrap_or_default();
    Ok(count.unsigned_abs())
}

async fn take(
    tx: &Tx,
    lane: &Lane,
    now: DateTime<Utc>,
    lease: TimeDelta,
    count: u64,
) -> Result<Vec<Claimed>, Error> {
    if count == 0 {
        return Ok(Vec::new());
    }
    // What is due is said twice: PostgreSQL looks again at a row that somebody else has just changed, by the outer
    // condition alone.
    let sql = format!(
        "UPDATE webhook_delivery SET leased = true, fence = fence + 1, due_time = $1 \
         WHERE tenant_id = $2 AND state = 'pending' AND due_time <= $4 AND id IN (\
           SELECT id FROM webhook_delivery WHERE tenant_id = $2 AND endpoint_id = $3 AND state = 'pending' \
           AND due_time <= $4 ORDER BY due_time, id LIMIT {count}) \
         RETURNING id, fence, event_id"
    );
    let values =
        [(now + lease).into(), lane.tenant.as_str().into(), lane.endpoint.as_str().into(), now.into()];
    let rows =
        tx.query_all_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    let (tenant, endpoint) = (id(&lane.tenant)?, id(&lane.endpoint)?);
    let one = |row: QueryResult| {
        let delivery: String = row.try_get("", "id")?;
        Ok(Claimed {
            tenant,
            delivery: id(&delivery)?,
            endpoint,
            fence: row.try_get("", "fence")?,
            event_id: row.try_get("", "event_id")?,
            body: Vec::new(),
        })
    };
    let mut taken = rows.into_iter().map(one).collect::<Result<Vec<_>, Error>>()?;
    // In the order in which the events came; an UPDATE returns its rows in any.
    taken.sort_by_key(|claimed| claimed.delivery);
    Ok(taken)
}

async fn with_bodies_and_targets(tx: &Tx, mut claimed: Vec<Claimed>) -> Result<Claim, Error> {
    let backend = tx.get_database_backend();
    let mut by_tenant: HashMap<TenantId, Vec<usize>> = HashMap::new();
    for (place, one) in claimed.iter().enumerate() {
        by_tenant.entry(one.tenant).or_default().push(place);
    }
    let mut targets = HashMap::new();
    for (tenant, places) in by_tenant {
        let mut ids: Vec<_> = places.iter().map(|place| claimed[*place].event_id.clone()).collect();
        ids.sort_unstable();
        ids.dedup();
        let marks: Vec<_> = (2..=ids.len() + 1).map(|number| format!("${number}")).collect();
        let sql = format!(
            "SELECT id, body FROM webhook_event WHERE tenant_id = $1 AND id IN ({})",
            marks.join(", ")
        );
        let values = std::iter::once(tenant.to_string()).chain(ids).map(Into::into);
        let rows = tx.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        let bodies = rows
            .into_iter()
            .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "body")?)))
            .collect::<Result<HashMap<String, Vec<u8>>, Error>>()?;
        for place in &places {
            let one = &mut claimed[*place];
            one.body = bodies.get(&one.event_id).cloned().unwrap_or_default();
        }
        let mut endpoints: Vec<_> = places.iter().map(|place| claimed[*place].endpoint.to_string()).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        let rows = webhook_endpoint::Entity::in_tenant(tenant)
            .filter(webhook_endpoint::Column::Id.is_in(endpoints))
            .all(tx)
            .await?;
        for row in rows {
            let sealed = Sealed { headers: row.headers, secrets: row.secrets };
            targets.insert((tenant, id(&row.id)?), Target { url: row.url, sealed });
        }
    }
    Ok((claimed, targets))
}

/// Frees what was under way when the process ended. Only for SQLite, whose file has one process.
pub async fn release_all(tx: &Tx, now: DateTime<Utc>) -> Result<u64, Error> {
    let sql = "UPDATE webhook_delivery SET leased = false, due_time = $1 WHERE leased AND state = 'pending'";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [now.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_lets_pass_its_number_a_second_and_a_second_of_it_at_once() {
        let now = DateTime::UNIX_EPOCH;
        let mut lane = Lane {
            tenant: String::new(),
            endpoint: String::new(),
            pace_time: now,
            is_failing: false,
            max_per_second: 5,
        };
        let mut passed = 0;
        for tenth in 0..=100 {
            let now = now + TimeDelta::milliseconds(100 * tenth);
            let (count, _) = lane.pace(3, now);
            lane.pace_time = lane.pace(count, now).1;
            passed += count;
        }
        assert_eq!(passed, 5 + 50);
        lane.max_per_second = 0;
        assert_eq!(lane.pace(1_000, now).0, 1_000);
    }
}
