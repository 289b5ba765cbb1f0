use arki_database::{Error, Tx};
use arki_ids::{CampaignId, MessageId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};

use super::entity::delivery;
use super::entity::occurrence::{Column, Entity};
use super::messages;
use super::read::parsed;
use crate::domain::{LocalTime, Occurrence};

const PLANNING: &str = "planning";
const PLANNED: &str = "planned";

/// What became of asking for an occurrence to plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// It is for the asker to plan.
    Mine,
    /// Another one plans it now.
    Others,
    /// It has been planned.
    Planned,
}

/// Takes an occurrence to plan, until the lease ends. Two planners that overlap all the same do no harm: deliveries
/// are a unique key.
pub(crate) async fn claim(
    tx: &Tx,
    tenant: TenantId,
    campaign: CampaignId,
    message: MessageId,
    time: LocalTime,
    now: DateTime<Utc>,
    lease_end: DateTime<Utc>,
) -> Result<Claim, Error> {
    let sql = "INSERT INTO occurrence (tenant_id, campaign_id, occurrence, message_id, state, lease_time, \
               recipients, sent) VALUES ($1, $2, $3, $4, 'planning', $5, 0, 0) \
               ON CONFLICT (tenant_id, campaign_id, occurrence) DO UPDATE SET \
               message_id = excluded.message_id, lease_time = excluded.lease_time \
               WHERE occurrence.state = 'planning' \
               AND (occurrence.lease_time IS NULL OR occurrence.lease_time <= $6)";
    let values = [
        tenant.to_string().into(),
        campaign.to_string().into(),
        time.to_string().into(),
        message.to_string().into(),
        lease_end.into(),
        now.into(),
    ];
    let taken =
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    if taken.rows_affected() == 1 {
        return Ok(Claim::Mine);
    }
    let state: Option<String> = Entity::in_tenant(tenant)
        .filter(Column::CampaignId.eq(campaign.to_string()))
        .filter(Column::Occurrence.eq(time.to_string()))
        .select_only()
        .column(Column::State)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(if state.as_deref() == Some(PLANNED) { Claim::Planned } else { Claim::Others })
}

/// Notes that every delivery of an occurrence is there, and how many there are.
pub(crate) async fn finish(
    tx: &Tx,
    tenant: TenantId,
    campaign: CampaignId,
    time: LocalTime,
) -> Result<(), Error> {
    let sql = "UPDATE occurrence SET state = 'planned', lease_time = NULL, recipients = (SELECT count(*) \
               FROM delivery d WHERE d.tenant_id = $1 AND d.campaign_id = $2 AND d.occurrence = $3 \
               AND d.state <> 'skipped') WHERE tenant_id = $1 AND campaign_id = $2 AND occurrence = $3";
    let values = [tenant.to_string().into(), campaign.to_string().into(), time.to_string().into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Lets go of an occurrence that could not be planned, so that the next look need not wait for the lease.
pub(crate) async fn release(
    tx: &Tx,
    tenant: TenantId,
    campaign: CampaignId,
    time: LocalTime,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::LeaseTime, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::CampaignId.eq(campaign.to_string()))
        .filter(Column::Occurrence.eq(time.to_string()))
        .filter(Column::State.eq(PLANNING))
        .exec(tx)
        .await?;
    Ok(())
}

/// Opens the occurrences again of which a delivery still waits, and answers which they are: the campaign was changed,
/// so they are to be planned anew where they still come.
pub(crate) async fn reopen(tx: &Tx, tenant: TenantId, campaign: CampaignId) -> Result<Vec<LocalTime>, Error> {
    let waiting = Query::select()
        .distinct()
        .column(delivery::Column::Occurrence)
        .from(delivery::Entity)
        .and_where(delivery::Column::TenantId.eq(tenant.to_string()))
        .and_where(delivery::Column::CampaignId.eq(campaign.to_string()))
        .and_where(delivery::Column::State.eq("pending"))
        .take();
    let keys: Vec<String> = Entity::in_tenant(tenant)
        .filter(Column::CampaignId.eq(campaign.to_string()))
        .filter(Column::Occurrence.in_subquery(waiting))
        .select_only()
        .column(Column::Occurrence)
        .into_tuple()
        .all(tx)
        .await?;
    Entity::update_many()
        .col_expr(Column::State, Expr::value(PLANNING))
        .col_expr(Column::LeaseTime, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::CampaignId.eq(campaign.to_string()))
        .filter(Column::Occurrence.is_in(keys.iter().map(String::as_str)))
        .exec(tx)
        .await?;
    keys.iter().map(|key| parsed(key, "occurrence.occurrence")).collect()
}

/// Those that are not planned to the end, oldest first.
pub(crate) async fn list_unfinished<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    campaign: CampaignId,
) -> Result<Vec<LocalTime>, Error> {
    let keys: Vec<String> = Entity::in_tenant(tenant)
        .filter(Column::CampaignId.eq(campaign.to_string()))
        .filter(Column::State.eq(PLANNING))
        .order_by_asc(Column::Occurrence)
        .select_only()
        .column(Column::Occurrence)
        .into_tuple()
        .all(db)
        .await?;
    keys.iter().map(|key| parsed(key, "occurrence.occurrence")).collect()
}

#[derive(FromQueryResult)]
struct Listed {
    campaign_id: String,
    display_name: String,
    message_id: String,
    kind: String,
    occurrence: String,
    recipients: i64,
    sent: i64,
}

/// What went out, or is on its way, from one local time to before another; in the order of time.
pub(crate) async fn list_between<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    from: LocalTime,
    to: LocalTime,
    limit: u64,
) -> Result<Vec<Occurrence>, Error> {
    let sql = "SELECT o.campaign_id, c.display_name, o.message_id, m.kind, o.occurrence, o.recipients, o.sent \
               FROM occurrence o \
               JOIN campaign c ON c.tenant_id = o.tenant_id AND c.campaign_id = o.campaign_id \
               JOIN message m ON m.tenant_id = o.tenant_id AND m.message_id = o.message_id \
               WHERE o.tenant_id = $1 AND o.occurrence >= $2 AND o.occurrence < $3 \
               AND (o.recipients > 0 OR o.state = 'planning') \
               ORDER BY o.occurrence, o.campaign_id LIMIT $4";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values = [tenant.to_string().into(), from.to_string().into(), to.to_string().into(), limit.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = Listed::find_by_statement(statement).all(db).await?;
    rows.into_iter()
        .map(|row| {
            let Listed { campaign_id, display_name, message_id, kind, occurrence, recipients, sent } = row;
            Ok(Occurrence {
                campaign: parsed(&campaign_id, "occurrence.campaign_id")?,
                display_name,
                message: parsed(&message_id, "occurrence.message_id")?,
                kind: messages::kind(&kind)?,
                time: parsed(&occurrence, "occurrence.occurrence")?,
                recipients,
                sent,
            })
        })
        .collect()
}

/// Which occurrences of a span are planned or being planned, whatever came of it.
pub(crate) async fn known_between<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    from: LocalTime,
    to: LocalTime,
) -> Result<Vec<(CampaignId, LocalTime)>, Error> {
    let keys: Vec<(String, String)> = Entity::in_tenant(tenant)
        .filter(Column::Occurrence.gte(from.to_string()))
        .filter(Column::Occurrence.lt(to.to_string()))
        .select_only()
        .columns([Column::CampaignId, Column::Occurrence])
        .into_tuple()
        .all(db)
        .await?;
    let read = |(campaign, key): (String, String)| {
        Ok((parsed(&campaign, "occurrence.campaign_id")?, parsed(&key, "occurrence.occurrence")?))
    };
    keys.into_iter().map(read).collect()
}

/// Counts deliveries of an occurrence as handed over.
pub(super) async fn count_sent(
    tx: &Tx,
    tenant: &str,
    campaign: &str,
    occurrence: &str,
    sent: u64,
) -> Result<(), Error> {
    let sent = i64::try_from(sent).unwrap_or(i64::MAX);
    Entity::update_many()
        .col_expr(Column::Sent, Expr::col(Column::Sent).add(sent))
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::CampaignId.eq(campaign))
        .filter(Column::Occurrence.eq(occurrence))
        .exec(tx)
        .await?;
    Ok(())
}
