//! Deliveries that were kept long enough, and letting them go without changing any number.
//!
//! Occurrences have their own counts. How many people a message reached is counted from its deliveries, each person
//! once for each unit: so whoever has no other delivery of the message that stays leaves one in `reached_before`. Who
//! answered goes with the last delivery of the message to the person, so that nobody answers twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use arki_database::{Error, Tx};
use arki_ids::{CampaignId, DeliveryId, TenantId};
use arki_privacy::{Rows, add};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, Statement, Value,
};

use super::entity::delivery::{Column, Entity, Model};
use super::entity::reader;
use super::read::parsed;
use crate::domain::{DeliveryState, LocalTime};

/// Values in one IN.
const CHUNK: usize = 500;

/// A delivery that is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Old {
    pub(crate) campaign: CampaignId,
    pub(crate) delivery: DeliveryId,
}

/// Occurrences of before `$2` that are planned to the end, or of a campaign that was ended, of which nothing waits or is
/// being sent. A pause may hold deliveries for long, and what is planned anew for them must find who has got it.
const SETTLED: &str = "o.tenant_id = $1 AND o.occurrence < $2 AND NOT o.is_purged \
                       AND (o.state = 'planned' OR EXISTS (SELECT 1 FROM campaign c WHERE c.tenant_id = o.tenant_id \
                       AND c.campaign_id = o.campaign_id AND c.state = 'ended')) AND NOT EXISTS (SELECT 1 FROM delivery w WHERE w.tenant_id = o.tenant_id \
                       AND w.campaign_id = o.campaign_id AND w.occurrence = o.occurrence \
                       AND w.state IN ('pending', 'sending'))";

/// Deliveries that were due and settled before a time, at most so many.
pub(crate) async fn old<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    before: DateTime<Utc>,
    most: usize,
) -> Result<Vec<Old>, Error> {
    let sql = format!(
        "SELECT d.campaign_id, d.delivery_id FROM occurrence o JOIN delivery d ON d.tenant_id = o.tenant_id \
         AND d.campaign_id = o.campaign_id AND d.occurrence = o.occurrence WHERE {SETTLED} \
         AND d.due_time < $3 AND COALESCE(d.sent_time, d.due_time) < $3 LIMIT $4"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values: [Value; 4] = [tenant.to_string().into(), latest(before).into(), before.into(), most.into()];
    let rows =
        db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    rows.iter()
        .map(|row| {
            let (campaign, delivery): (String, String) =
                (row.try_get("", "campaign_id")?, row.try_get("", "delivery_id")?);
            Ok(Old {
                campaign: parsed(&campaign, "delivery.campaign_id")?,
                delivery: parsed(&delivery, "delivery.delivery_id")?,
            })
        })
        .collect()
}

/// Deletes deliveries with what hangs on them, and tells how many rows of each kind there were.
pub(crate) async fn delete(tx: &Tx, tenant: TenantId, old: &[Old]) -> Result<Vec<Rows>, Error> {
    let mut of_campaign: BTreeMap<CampaignId, Vec<DeliveryId>> = BTreeMap::new();
    for Old { campaign, delivery } in old {
        of_campaign.entry(*campaign).or_default().push(*delivery);
    }
    let mut gone: BTreeMap<String, Gone> = BTreeMap::new();
    let mut rows = Vec::new();
    for (campaign, deliveries) in of_campaign {
        for chunk in deliveries.chunks(CHUNK) {
            let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
            let is_old = || {
                Condition::all()
                    .add(Column::TenantId.eq(tenant.to_string()))
                    .add(Column::CampaignId.eq(campaign.to_string()))
                    .add(Column::DeliveryId.is_in(ids.iter().map(String::as_str)))
            };
            for row in Entity::in_tenant(tenant).filter(is_old()).all(tx).await? {
                gone.entry(row.message_id.clone()).or_default().count(row);
            }
            let done = Entity::delete_many().filter(is_old()).exec(tx).await?;
            add(&mut rows, "delivery", done.rows_affected);
        }
    }
    for (message, Gone { people, reached }) in gone {
        let left = left(tx, tenant, &message, &people).await?;
        let mut before: BTreeMap<&str, i64> = BTreeMap::new();
        for (person, unit) in &reached {
            if !left.reached.contains(&(person.clone(), unit.clone())) {
                *before.entry(unit).or_default() += 1;
            }
        }
        keep_reached(tx, tenant, &message, &before).await?;
        let last: Vec<&str> =
            people.iter().map(String::as_str).filter(|person| !left.people.contains(*person)).collect();
        for chunk in last.chunks(CHUNK) {
            let done = reader::Entity::delete_many()
                .filter(reader::Column::TenantId.eq(tenant.to_string()))
                .filter(reader::Column::MessageId.eq(message.as_str()))
                .filter(reader::Column::PersonId.is_in(chunk.iter().copied()))
                .exec(tx)
                .await?;
            add(&mut rows, "reader", done.rows_affected);
        }
    }
    Ok(rows)
}

/// Remembers of which occurrences nothing is left, so that nobody looks at them again.
pub(crate) async fn set_purged(tx: &Tx, tenant: TenantId, before: DateTime<Utc>) -> Result<(), Error> {
    let sql = format!(
        "UPDATE occurrence SET is_purged = TRUE WHERE (tenant_id, campaign_id, occurrence) IN \
         (SELECT o.tenant_id, o.campaign_id, o.occurrence FROM occurrence o WHERE {SETTLED} \
         AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.tenant_id = o.tenant_id \
         AND d.campaign_id = o.campaign_id AND d.occurrence = o.occurrence))"
    );
    let values: [Value; 2] = [tenant.to_string().into(), latest(before).into()];
    tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(())
}

/// Occurrences lie by local time; every zone is less than a day from UTC.
fn latest(before: DateTime<Utc>) -> String {
    LocalTime::new((before + TimeDelta::days(1)).naive_utc()).to_string()
}

/// To whom deliveries of one message were that are gone.
#[derive(Default)]
struct Gone {
    people: BTreeSet<String>,
    /// Who was reached in which unit; no unit is the empty text.
    reached: BTreeSet<(String, String)>,
}

impl Gone {
    fn count(&mut self, row: Model) {
        if row.state == DeliveryState::Sent.word() {
            self.reached.insert((row.person_id.clone(), row.unit_id.unwrap_or_default()));
        }
        self.people.insert(row.person_id);
    }
}

/// Who of some people still has a delivery of a message.
#[derive(Default)]
struct Left {
    people: HashSet<String>,
    reached: HashSet<(String, String)>,
}

async fn left(tx: &Tx, tenant: TenantId, message: &str, people: &BTreeSet<String>) -> Result<Left, Error> {
    let mut left = Left::default();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    for chunk in people.chunks(CHUNK) {
        let rows: Vec<(String, Option<String>, String)> = Entity::in_tenant(tenant)
            .filter(Column::MessageId.eq(message))
            .filter(Column::PersonId.is_in(chunk.iter().copied()))
            .select_only()
            .columns([Column::PersonId, Column::UnitId, Column::State])
            .distinct()
            .into_tuple()
            .all(tx)
            .await?;
        for (person, unit, state) in rows {
            if state == DeliveryState::Sent.word() {
                left.reached.insert((person.clone(), unit.unwrap_or_default()));
            }
            left.people.insert(person);
        }
    }
    Ok(left)
}

async fn keep_reached(
    tx: &Tx,
    tenant: TenantId,
    message: &str,
    reached: &BTreeMap<&str, i64>,
) -> Result<(), Error> {
    let sql = "INSERT INTO reached_before (tenant_id, message_id, unit_id, people) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (tenant_id, message_id, unit_id) \
               DO UPDATE SET people = reached_before.people + excluded.people";
    for (unit, people) in reached {
        let values: [Value; 4] =
            [tenant.to_string().into(), message.into(), (*unit).into(), (*people).into()];
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}
