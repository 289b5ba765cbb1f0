//! The senders' queue: who may send what, and what came of it.
//!
//! A claim writes three things on a row before anything is sent: the state `sending`, the end of the lease, and a
//! fence one higher than before. What came of it is written only where the fence is still the same, so a sender that
//! was stopped, and woke after its lease had ended, settles nothing. A row whose lease ended is claimed again where
//! sending twice is sending once; where it is not, nobody can know, and it becomes `unknown`.

use std::collections::BTreeMap;

use arki_database::{Backend, Error, Store, Tx};
use arki_ids::{CampaignId, DeliveryId, MessageId, PersonId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use super::campaigns::POLICIES;
use super::deliveries::STATES;
use super::entity::campaign;
use super::entity::delivery::{Column, Entity, Model};
use super::read::{from_json, of_word, parsed};
use super::{messages, occurrences};
use crate::domain::{Audience, AudienceKind, DeliveryState, LATE, Message, MissedPolicy, PageToken};

/// A delivery in the hands of one sender.
#[derive(Clone, Debug)]
pub(crate) struct Claimed {
    pub(crate) key: Key,
    pub(crate) person: PersonId,
    pub(crate) message: MessageId,
    pub(crate) language: String,
    pub(crate) fallback: String,
    pub(crate) due_time: DateTime<Utc>,
    pub(crate) attempts: i32,
    pub(crate) token: PageToken,
    pub(crate) lease_end: DateTime<Utc>,
    /// People must hear of it.
    pub(crate) is_critical: bool,
    /// Whether the recipient may choose to get no more: customers and prospects may, employees may not.
    pub(crate) may_unsubscribe: bool,
}

/// Which delivery, and by which claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) tenant: TenantId,
    pub(crate) campaign: CampaignId,
    pub(crate) delivery: DeliveryId,
    pub(crate) occurrence: String,
    fence: i64,
}

/// What is claimed, with the messages that it is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) deliveries: Vec<Claimed>,
    pub(crate) messages: BTreeMap<MessageId, Message>,
    /// Rows that were looked at: also those that were settled or held instead of claimed.
    pub(crate) seen: usize,
}

/// What came of a claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Handed over.
    Sent,
    /// Will never be taken.
    Failed(String),
    /// Nobody can know whether it was taken.
    Unknown(String),
    /// Left out.
    Skipped(String),
    /// To be tried again; the attempt counts.
    Later { at: DateTime<Utc>, problem: String },
    /// To be tried again; the attempt does not count, because nothing was tried.
    Back { at: DateTime<Utc>, problem: String },
}

impl Outcome {
    /// As it is counted.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
            Self::Skipped(_) => "skipped",
            Self::Later { .. } => "later",
            Self::Back { .. } => "back",
        }
    }
}

/// How claims are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) now: DateTime<Utc>,
    pub(crate) lease_end: DateTime<Utc>,
    pub(crate) limit: u64,
    /// Whether sending twice is sending once, so that a lease that ended can be taken over.
    pub(crate) repeatable: bool,
}

/// Settles what was sent and claims what is next, in one transaction: one wait for the disk for a whole batch.
pub(crate) async fn exchange(
    store: &Store,
    settled: &[(Key, Outcome)],
    terms: Terms,
) -> Result<Batch, Error> {
    let settled = settled.to_vec();
    let backend = store.backend();
    store
        .claim("ExchangeDeliveries", move |tx| {
            let settled = settled.clone();
            Box::pin(async move {
                settle(tx, &settled, terms.now).await?;
                claim(tx, backend, terms).await
            })
        })
        .await
}

async fn claim(tx: &Tx, backend: Backend, terms: Terms) -> Result<Batch, Error> {
    if terms.limit == 0 {
        return Ok(Batch::default());
    }
    let mut select = Entity::to_send(terms.now).order_by_asc(Column::QueueTime).limit(terms.limit);
    if backend == Backend::Postgres {
        // Those that another sender looks at right now are its own. SQLite has one writer, which is us.
        select = select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    let rows = select.all(tx).await?;
    let mut batch = Batch { seen: rows.len(), ..Batch::default() };
    let campaigns = standing(tx, &rows).await?;
    let mut changes: BTreeMap<(String, String, Change), Vec<String>> = BTreeMap::new();
    for row in rows {
        let standing = campaigns.get(&(row.tenant_id.clone(), row.campaign_id.clone()));
        let (tenant, campaign, delivery) =
            (row.tenant_id.clone(), row.campaign_id.clone(), row.delivery_id.clone());
        let change = match judge(row, standing, terms) {
            Ok((change, claimed)) => {
                batch.deliveries.extend(claimed);
                change
            }
            // Out of the queue with it, or it would stop all others.
            Err(error) => {
                tracing::error!(delivery, %error, "a delivery can't be sent");
                Change::Fail
            }
        };
        changes.entry((tenant, campaign, change)).or_default().push(delivery);
    }
    for ((tenant, campaign, change), deliveries) in changes {
        apply(tx, &tenant, &campaign, &deliveries, change, terms.lease_end).await?;
    }
    let mut wanted: BTreeMap<TenantId, Vec<MessageId>> = BTreeMap::new();
    for delivery in &batch.deliveries {
        let ids = wanted.entry(delivery.key.tenant).or_default();
        if !ids.contains(&delivery.message) {
            ids.push(delivery.message);
        }
    }
    for (tenant, ids) in wanted {
        let found = messages::find_all(tx, tenant, &ids).await?;
        batch.messages.extend(found.into_iter().map(|message| (message.id, message)));
    }
    Ok(batch)
}

/// What a sender needs to know of a campaign.
struct Standing {
    state: String,
    policy: MissedPolicy,
    language: String,
    is_critical: bool,
    may_unsubscribe: bool,
}

async fn standing(tx: &Tx, rows: &[Model]) -> Result<BTreeMap<(String, String), Standing>, Error> {
    let mut wanted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in rows {
        let ids = wanted.entry(&row.tenant_id).or_default();
        if !ids.contains(&row.campaign_id.as_str()) {
            ids.push(&row.campaign_id);
        }
    }
    let mut found = BTreeMap::new();
    for (tenant, ids) in wanted {
        let tenant_id: TenantId = parsed(tenant, "delivery.tenant_id")?;
        let campaigns = campaign::Entity::in_tenant(tenant_id)
            .filter(campaign::Column::CampaignId.is_in(ids))
            .all(tx)
            .await?;
        for campaign in campaigns {
            let policy =
                of_word(&POLICIES, &campaign.missed_policy, MissedPolicy::word, "campaign.missed_policy")?;
            let audience: Audience = from_json(&campaign.audience, "campaign.audience")?;
            let standing = Standing {
                state: campaign.state,
                is_critical: campaign.is_critical,
                may_unsubscribe: audience.kind != AudienceKind::Employee,
                policy,
                language: campaign.home_language.unwrap_or_default(),
            };
            found.insert((campaign.tenant_id, campaign.campaign_id), standing);
        }
    }
    Ok(found)
}

/// What a claim does with a row that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Send,
    /// Its campaign is held; the planner lets it go when it runs again.
    Hold,
    Skip(&'static str),
    Unknown,
    Fail,
}

/// What is to be done with a row, and the claim where it is to be sent.
fn judge(row: Model, standing: Option<&Standing>, terms: Terms) -> Result<(Change, Option<Claimed>), Error> {
    let change = change(&row, standing, terms)?;
    Ok(match (change, standing) {
        (Change::Send, Some(standing)) => (change, Some(claimed(row, standing, terms.lease_end)?)),
        (change, _) => (change, None),
    })
}

fn change(row: &Model, standing: Option<&Standing>, terms: Terms) -> Result<Change, Error> {
    let state = of_word(&STATES, &row.state, DeliveryState::word, "delivery.state")?;
    if state == DeliveryState::Sending {
        // Its sender died or sleeps. What it had in hand is finished, also in a campaign that was held meanwhile.
        return Ok(if terms.repeatable && standing.is_some() { Change::Send } else { Change::Unknown });
    }
    Ok(match standing {
        Some(standing) if standing.state == "active" => {
            let late = terms.now - row.due_time > LATE;
            if standing.policy == MissedPolicy::Skip && late && row.attempts == 0 {
                Change::Skip("missed by more than an hour")
            } else {
                Change::Send
            }
        }
        Some(standing) if standing.state != "ended" => Change::Hold,
        Some(_) | None => Change::Skip("the campaign was ended before"),
    })
}

async fn apply(
    tx: &Tx,
    tenant: &str,
    campaign: &str,
    deliveries: &[String],
    change: Change,
    lease_end: DateTime<Utc>,
) -> Result<(), Error> {
    let update = Entity::update_many()
        .filter(Column::TenantId.eq(tenant))
        .filter(Column::CampaignId.eq(campaign))
        .filter(Column::DeliveryId.is_in(deliveries.iter().map(String::as_str)));
    let none = || Expr::value(Option::<DateTime<Utc>>::None);
    let update = match change {
        Change::Send => update
            .col_expr(Column::State, Expr::value(DeliveryState::Sending.word()))
            .col_expr(Column::Fence, Expr::col(Column::Fence).add(1))
            .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
            .col_expr(Column::QueueTime, Expr::value(lease_end)),
        Change::Hold => update.col_expr(Column::QueueTime, none()),
        Change::Skip(problem) => ended(update, DeliveryState::Skipped, problem),
        Change::Fail => ended(update, DeliveryState::Failed, "what is stored of it can't be read"),
        Change::Unknown => ended(update, DeliveryState::Unknown, "the sender stopped before it could tell"),
    };
    update.exec(tx).await?;
    Ok(())
}

/// Nothing more is done: out of the queue, and the link's secret is forgotten.
fn ended(
    update: sea_orm::UpdateMany<Entity>,
    state: DeliveryState,
    problem: &str,
) -> sea_orm::UpdateMany<Entity> {
    update
        .col_expr(Column::State, Expr::value(state.word()))
        .col_expr(Column::Problem, Expr::value(problem))
        .col_expr(Column::QueueTime, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(Column::TokenSecret, Expr::value(Option::<Vec<u8>>::None))
}

fn claimed(row: Model, standing: &Standing, lease_end: DateTime<Utc>) -> Result<Claimed, Error> {
    let tenant = parsed(&row.tenant_id, "delivery.tenant_id")?;
    let secret = row.token_secret.and_then(|secret| secret.try_into().ok());
    let secret =
        secret.ok_or_else(|| Error::Corrupt("delivery.token_secret of a delivery that waits".to_owned()))?;
    Ok(Claimed {
        key: Key {
            tenant,
            campaign: parsed(&row.campaign_id, "delivery.campaign_id")?,
            delivery: parsed(&row.delivery_id, "delivery.delivery_id")?,
            occurrence: row.occurrence,
            fence: row.fence + 1,
        },
        person: parsed(&row.person_id, "delivery.person_id")?,
        message: parsed(&row.message_id, "delivery.message_id")?,
        language: row.language,
        fallback: standing.language.clone(),
        due_time: row.due_time,
        attempts: row.attempts + 1,
        token: PageToken::new(tenant, secret),
        lease_end,
        is_critical: standing.is_critical,
        may_unsubscribe: standing.may_unsubscribe,
    })
}

async fn settle(tx: &Tx, settled: &[(Key, Outcome)], now: DateTime<Utc>) -> Result<(), Error> {
    // Together where one statement does it: all that went well with one occurrence, above all.
    let mut groups: BTreeMap<(String, String, &str, i64, &Outcome), Vec<String>> = BTreeMap::new();
    for (Key { tenant, campaign, delivery, occurrence, fence }, outcome) in settled {
        let group = (tenant.to_string(), campaign.to_string(), occurrence.as_str(), *fence, outcome);
        groups.entry(group).or_default().push(delivery.to_string());
    }
    for ((tenant, campaign, occurrence, fence, outcome), deliveries) in groups {
        let update = Entity::update_many()
            .filter(Column::TenantId.eq(tenant.as_str()))
            .filter(Column::CampaignId.eq(campaign.as_str()))
            .filter(Column::DeliveryId.is_in(deliveries))
            .filter(Column::State.eq(DeliveryState::Sending.word()))
            .filter(Column::Fence.eq(fence));
        let pending = |at: &DateTime<Utc>, problem: &str, attempts: Expr| {
            update
                .clone()
                .col_expr(Column::State, Expr::value(DeliveryState::Pending.word()))
                .col_expr(Column::QueueTime, Expr::value(*at))
                .col_expr(Column::Problem, Expr::value(problem))
                .col_expr(Column::Attempts, attempts)
        };
        let update = match outcome {
            Outcome::Sent => {
                ended(update, DeliveryState::Sent, "").col_expr(Column::SentTime, Expr::value(now))
            }
            Outcome::Failed(problem) => ended(update, DeliveryState::Failed, problem),
            Outcome::Unknown(problem) => ended(update, DeliveryState::Unknown, problem),
            Outcome::Skipped(problem) => ended(update, DeliveryState::Skipped, problem),
            Outcome::Later { at, problem } => pending(at, problem, Expr::col(Column::Attempts)),
            Outcome::Back { at, problem } => pending(at, problem, Expr::col(Column::Attempts).sub(1)),
        };
        let rows = update.exec(tx).await?.rows_affected;
        if *outcome == Outcome::Sent && rows > 0 {
            occurrences::count_sent(tx, &tenant, &campaign, occurrence, rows).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
