use arki_database::Error;
use arki_database::page::{Page, PageRequest};
use arki_ids::{CampaignId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::campaign::{Column, Entity, Model};
use super::read::{from_json, of_word, parsed, to_json};
use crate::domain::{Campaign, Home, LocalTime, MissedPolicy, Schedule, State, earliest};

const STATES: [State; 4] = [State::Draft, State::Active, State::Paused, State::Ended];
pub(super) const POLICIES: [MissedPolicy; 2] = [MissedPolicy::Send, MissedPolicy::Skip];

pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    campaign: &Campaign,
) -> Result<(), Error> {
    let row = row(tenant, campaign)?;
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub(crate) async fn update<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    campaign: &Campaign,
) -> Result<(), Error> {
    let row = row(tenant, campaign)?;
    row.into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub(crate) async fn find<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    id: CampaignId,
) -> Result<Option<Campaign>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::CampaignId.eq(id.to_string())).one(db).await?;
    row.map(campaign).transpose()
}

/// In the order of their creation.
pub(crate) async fn list<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Campaign>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::CampaignId).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::CampaignId.gt(after.as_str()));
    }
    let rows = select.all(db).await?.into_iter().map(campaign).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.id.to_string()]))
}

/// All that run.
pub(crate) async fn list_active<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
) -> Result<Vec<Campaign>, Error> {
    let select = Entity::in_tenant(tenant).filter(Column::State.eq(State::Active.word()));
    select.order_by_asc(Column::CampaignId).all(db).await?.into_iter().map(campaign).collect()
}

/// Those of any tenant whose next occurrence comes before `until` anywhere, the earliest first. One that can't be read
/// is passed over, or it would stop all others.
pub(crate) async fn list_to_plan<C: ConnectionTrait>(
    db: &C,
    until: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(TenantId, Campaign)>, Error> {
    let rows = Entity::to_plan(until).order_by_asc(Column::PlanTime).limit(limit).all(db).await?;
    let read = |row: Model| {
        let id = row.campaign_id.clone();
        let read =
            parsed(&row.tenant_id, "campaign.tenant_id").and_then(|tenant| Ok((tenant, campaign(row)?)));
        read.inspect_err(|error| tracing::error!(campaign = id, %error, "a campaign can't be planned")).ok()
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Notes how far a campaign is planned, unless it was changed meanwhile: then what was planned may not be what it
/// says now, and the planner looks at it anew.
pub(crate) async fn planned<C: ConnectionTrait>(
    db: &C,
    tenant: TenantId,
    campaign: &Campaign,
    through: LocalTime,
) -> Result<bool, Error> {
    let next = campaign.schedule.after(Some(through)).next().map(earliest);
    let updated = Entity::update_many()
        .col_expr(Column::PlannedThrough, Expr::value(through.to_string()))
        .col_expr(Column::PlanTime, Expr::value(next))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::CampaignId.eq(campaign.id.to_string()))
        .filter(Column::Revision.eq(campaign.revision))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// When the planner must look at a campaign.
fn plan_time(campaign: &Campaign) -> Option<DateTime<Utc>> {
    campaign.next_to_plan().map(earliest)
}

fn row(tenant: TenantId, campaign: &Campaign) -> Result<Model, Error> {
    let Campaign {
        id,
        display_name,
        message,
        audience,
        schedule,
        missed_policy,
        is_critical,
        state,
        home,
        planned_through,
        revision,
        create_time,
        update_time,
    } = campaign;
    let (home_zone, home_language) =
        home.as_ref().map(|Home { zone, language }| (zone.name().to_owned(), language.clone())).unzip();
    Ok(Model {
        tenant_id: tenant.to_string(),
        campaign_id: id.to_string(),
        display_name: display_name.clone(),
        message_id: message.to_string(),
        audience: to_json(audience, "campaign.audience")?,
        local_start: schedule.start().to_string(),
        rrule: schedule.rrule().to_owned(),
        missed_policy: missed_policy.word().to_owned(),
        is_critical: *is_critical,
        state: state.word().to_owned(),
        home_zone,
        home_language,
        planned_through: planned_through.map(|time| time.to_string()),
        plan_time: plan_time(campaign),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    })
}

fn campaign(row: Model) -> Result<Campaign, Error> {
    let Model {
        tenant_id: _,
        campaign_id,
        display_name,
        message_id,
        audience,
        local_start,
        rrule,
        missed_policy,
        is_critical,
        state,
        home_zone,
        home_language,
        planned_through,
        plan_time: _,
        revision,
        create_time,
        update_time,
    } = row;
    let home = match (home_zone, home_language) {
        (Some(zone), Some(language)) => Some(Home { zone: parsed(&zone, "campaign.home_zone")?, language }),
        _ => None,
    };
    Ok(Campaign {
        id: parsed(&campaign_id, "campaign.campaign_id")?,
        display_name,
        message: parsed(&message_id, "campaign.message_id")?,
        audience: from_json(&audience, "campaign.audience")?,
        schedule: Schedule::parse(&local_start, &rrule, "schedule")
            .map_err(|wrong| Error::Corrupt(format!("campaign.rrule: {wrong:?}")))?,
        missed_policy: of_word(&POLICIES, &missed_policy, MissedPolicy::word, "campaign.missed_policy")?,
        is_critical,
        state: of_word(&STATES, &state, State::word, "campaign.state")?,
        home,
        planned_through: planned_through.map(|time| parsed(&time, "campaign.planned_through")).transpose()?,
        revision,
        create_time,
        update_time,
    })
}
