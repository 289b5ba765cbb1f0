use std::collections::BTreeMap;

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Tx};
use arki_ids::{CampaignId, DeliveryId, MessageId, PersonId, TenantId, UnitId};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue, ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};

use super::entity::delivery::{ActiveModel, Column, Entity, Model};
use super::read::{of_word, parsed};
use crate::domain::{Delivery, DeliveryState, LocalTime, PageToken};

pub(super) const STATES: [DeliveryState; 6] = [
    DeliveryState::Pending,
    DeliveryState::Sending,
    DeliveryState::Sent,
    DeliveryState::Failed,
    DeliveryState::Unknown,
    DeliveryState::Skipped,
];

/// Rows in one INSERT: a fixed number, because each number of rows is a statement of its own to prepare, and few
/// enough for the 32,766 parameters that SQLite takes.
const CHUNK: usize = 500;

/// Held deliveries that are let go in one transaction.
const RELEASED: i64 = 10_000;

/// A delivery that is to be.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) id: DeliveryId,
    pub(crate) person: PersonId,
    pub(crate) unit: Option<UnitId>,
    pub(crate) language: String,
    pub(crate) due_time: DateTime<Utc>,
    /// Why it is left out, where it is.
    pub(crate) skipped: Option<&'static str>,
    pub(crate) token: PageToken,
}

/// Inserts the deliveries of an occurrence that are not there yet.
pub(crate) async fn insert(
    tx: &Tx,
    tenant: TenantId,
    campaign: CampaignId,
    message: MessageId,
    time: LocalTime,
    planned: &[Planned],
) -> Result<(), Error> {
    let (tenant, campaign) = (tenant.to_string(), campaign.to_string());
    let (message, occurrence) = (message.to_string(), time.to_string());
    for chunk in planned.chunks(CHUNK) {
        let rows = chunk.iter().map(|delivery| {
            let Planned { id, person, unit, language, due_time, skipped, token } = delivery;
            let waits = skipped.is_none();
            let state = if waits { DeliveryState::Pending } else { DeliveryState::Skipped };
            ActiveModel {
                tenant_id: ActiveValue::Set(tenant.clone()),
                campaign_id: ActiveValue::Set(campaign.clone()),
                delivery_id: ActiveValue::Set(id.to_string()),
                occurrence: ActiveValue::Set(occurrence.clone()),
                person_id: ActiveValue::Set(person.to_string()),
                message_id: ActiveValue::Set(message.clone()),
                unit_id: ActiveValue::Set(unit.map(|unit| unit.to_string())),
                language: ActiveValue::Set(language.clone()),
                due_time: ActiveValue::Set(*due_time),
                state: ActiveValue::Set(state.word().to_owned()),
                attempts: ActiveValue::Set(0),
                fence: ActiveValue::Set(0),
                queue_time: ActiveValue::Set(waits.then_some(*due_time)),
                sent_time: ActiveValue::Set(None),
                problem: ActiveValue::Set(skipped.unwrap_or_default().to_owned()),
                token_hash: ActiveValue::Set(token.hash().to_vec()),
                token_secret: ActiveValue::Set(waits.then(|| token.secret().to_vec())),
            }
        });
        let key = [Column::TenantId, Column::CampaignId, Column::Occurrence, Column::PersonId];
        Entity::insert_many(rows).on_conflict_do_nothing_on(key).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Takes back what waits: it is planned anew, or not at all.
pub(crate) async fn delete_pending(tx: &Tx, tenant: TenantId, campaign: CampaignId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(of_campaign(tenant, campaign))
        .filter(Column::State.eq(DeliveryState::Pending.word()))
        .exec(tx)
        .await?;
    Ok(())
}

fn of_campaign(tenant: TenantId, campaign: CampaignId) -> Condition {
    Condition::all()
        .add(Column::TenantId.eq(tenant.to_string()))
        .add(Column::CampaignId.eq(campaign.to_string()))
}

/// Lets go of the deliveries that were held while their campaign was paused and that runs again, or was ended and skips
/// them, of any tenant; and tells how many there were.
pub(crate) async fn release_held(tx: &Tx) -> Result<u64, Error> {
    let sql = "UPDATE delivery SET queue_time = due_time WHERE (tenant_id, campaign_id, delivery_id) IN \
               (SELECT d.tenant_id, d.campaign_id, d.delivery_id FROM delivery d \
               JOIN campaign c ON c.tenant_id = d.tenant_id AND c.campaign_id = d.campaign_id \
               WHERE d.queue_time IS NULL AND d.state = 'pending' AND c.state IN ('active', 'ended') LIMIT $1)";
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [RELEASED.into()]);
    Ok(tx.execute_raw(statement).await?.rows_affected())
}

/// In the order of their creation.
pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    campaign: CampaignId,
    state: Option<DeliveryState>,
    page: &PageRequest,
) -> Result<Page<Delivery>, Error> {
    let mut select = Entity::in_tenant(tenant)
        .filter(Column::CampaignId.eq(campaign.to_string()))
        .order_by_asc(Column::DeliveryId)
        .limit(page.limit());
    if let Some(state) = state {
        select = select.filter(Column::State.eq(state.word()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::DeliveryId.gt(after.as_str()));
    }
    let rows = select.all(db).await?.into_iter().map(delivery).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.id.to_string()]))
}

/// What is behind a recipient's link.
#[derive(Clone, Debug)]
pub(crate) struct Linked {
    pub(crate) id: DeliveryId,
    pub(crate) campaign: CampaignId,
    pub(crate) message: MessageId,
    pub(crate) person: PersonId,
    pub(crate) unit: Option<UnitId>,
    pub(crate) language: String,
}

pub(crate) async fn find_linked<C: ConnectionTrait>(
    db: &C,
    token: &PageToken,
) -> Result<Option<Linked>, Error> {
    let row =
        Entity::in_tenant(token.tenant()).filter(Column::TokenHash.eq(token.hash().to_vec())).one(db).await?;
    row.map(|row| {
        Ok(Linked {
            id: parsed(&row.delivery_id, "delivery.delivery_id")?,
            campaign: parsed(&row.campaign_id, "delivery.campaign_id")?,
            message: parsed(&row.message_id, "delivery.message_id")?,
            person: parsed(&row.person_id, "delivery.person_id")?,
            unit: row.unit_id.map(|unit| parsed(&unit, "delivery.unit_id")).transpose()?,
            language: row.language,
        })
    })
    .transpose()
}

#[derive(FromQueryResult)]
struct Reached {
    unit_id: String,
    people: i64,
}

/// How many people a message was handed over to, by their unit, with those whose deliveries are gone: in one statement,
/// so that none is missing while a purge commits.
pub(crate) async fn reached<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    message: MessageId,
) -> Result<BTreeMap<Option<UnitId>, u64>, Error> {
    let sql = "SELECT unit_id, CAST(SUM(people) AS BIGINT) AS people FROM \
               (SELECT COALESCE(unit_id, '') AS unit_id, count(DISTINCT person_id) AS people FROM delivery \
               WHERE tenant_id = $1 AND message_id = $2 AND state = 'sent' GROUP BY 1 \
               UNION ALL SELECT unit_id, people FROM reached_before WHERE tenant_id = $1 AND message_id = $2) \
               AS counted GROUP BY unit_id";
    let values = [tenant.to_string().into(), message.to_string().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = Reached::find_by_statement(statement).all(db).await?;
    rows.into_iter()
        .map(|Reached { unit_id, people }| {
            let unit = Some(unit_id).filter(|unit| !unit.is_empty());
            let unit = unit.map(|unit| parsed(&unit, "delivery.unit_id")).transpose()?;
            Ok((unit, people.unsigned_abs()))
        })
        .collect()
}

fn delivery(row: Model) -> Result<Delivery, Error> {
    let Model {
        tenant_id: _,
        campaign_id,
        delivery_id,
        occurrence: _,
        person_id,
        message_id: _,
        unit_id: _,
        language: _,
        due_time,
        state,
        attempts,
        fence: _,
        queue_time: _,
        sent_time,
        problem,
        token_hash: _,
        token_secret: _,
    } = row;
    Ok(Delivery {
        id: parsed(&delivery_id, "delivery.delivery_id")?,
        campaign: parsed(&campaign_id, "delivery.campaign_id")?,
        person: parsed(&person_id, "delivery.person_id")?,
        due_time,
        state: of_word(&STATES, &state, DeliveryState::word, "delivery.state")?,
        attempts,
        sent_time,
        problem,
    })
}
