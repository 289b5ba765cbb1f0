//! Commitments: one row for each goal and person that have met.

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Tx};
use arki_ids::{GoalId, PersonId, TenantId, VisionId};
use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
};

use super::entity::commitment::{Column, Entity, Model};
use super::entity::goal;
use super::row;
use crate::domain::coverage::Progress;
use crate::domain::{Commitment, State};

pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    goal: GoalId,
    person: PersonId,
) -> Result<Option<Commitment>, Error> {
    let select = Entity::in_tenant(tenant)
        .filter(Column::GoalId.eq(goal.to_string()))
        .filter(Column::PersonId.eq(person.to_string()));
    select.one(db).await?.map(commitment).transpose()
}

/// Those of one person, newest first. The cursor is the time and the goal.
pub async fn list_of_person(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
    page: &PageRequest,
) -> Result<Page<Commitment>, Error> {
    let mut select = Entity::in_tenant(tenant)
        .filter(Column::PersonId.eq(person.to_string()))
        .order_by_desc(Column::UpdateTime)
        .order_by_desc(Column::GoalId)
        .limit(page.limit());
    if let Some([time, goal]) = page.after.as_deref() {
        // The cursor was sealed by this service, so a time that can't be read is not the caller's.
        let time = DateTime::parse_from_rfc3339(time)
            .map_err(|error| Error::Corrupt(format!("a cursor of commitments: {error}")))?
            .with_timezone(&Utc);
        select =
            select.filter(Condition::any().add(Column::UpdateTime.lt(time)).add(
                Condition::all().add(Column::UpdateTime.eq(time)).add(Column::GoalId.lt(goal.as_str())),
            ));
    }
    let all = select.all(db).await?.into_iter().map(commitment).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(all, page, |last| {
        vec![last.update_time.to_rfc3339_opts(SecondsFormat::AutoSi, true), last.goal.to_string()]
    }))
}

/// How far each goal in force of a vision has come with each person.
pub async fn list_progress(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    vision: VisionId,
) -> Result<Vec<Progress>, Error> {
    let goals = goal::Entity::in_tenant(tenant)
        .filter(goal::Column::VisionId.eq(vision.to_string()))
        .filter(goal::Column::State.eq(State::Active.as_str()))
        .select_only()
        .column(goal::Column::Id)
        .into_query();
    let rows: Vec<(String, String, String)> = Entity::in_tenant(tenant)
        .filter(Column::GoalId.in_subquery(goals))
        .select_only()
        .columns([Column::GoalId, Column::PersonId, Column::State])
        .into_tuple()
        .all(db)
        .await?;
    let progress = |(goal, person, state): (String, String, String)| {
        Ok(Progress {
            goal: row::parse("commitment.goal_id", &goal)?,
            person: row::parse("commitment.person_id", &person)?,
            state: row::parse("commitment.state", &state)?,
        })
    };
    rows.into_iter().map(progress).collect()
}

/// Writes the newest state of a commitment, whether there was one before or not.
pub async fn save(tx: &Tx, tenant: TenantId, commitment: &Commitment) -> Result<(), Error> {
    let key = [Column::TenantId, Column::GoalId, Column::PersonId];
    let rest = [Column::State, Column::OwnWords, Column::Objection, Column::UpdateTime];
    Entity::insert(model(tenant, commitment).into_active_model())
        .on_conflict(OnConflict::columns(key).update_columns(rest).to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn commitment(model: Model) -> Result<Commitment, Error> {
    let Model { tenant_id: _, goal_id, person_id, state, own_words, objection, update_time } = model;
    Ok(Commitment {
        goal: row::parse("commitment.goal_id", &goal_id)?,
        person: row::parse("commitment.person_id", &person_id)?,
        state: row::parse("commitment.state", &state)?,
        own_words,
        objection,
        update_time,
    })
}

fn model(tenant: TenantId, commitment: &Commitment) -> Model {
    let Commitment { goal, person, state, own_words, objection, update_time } = commitment;
    Model {
        tenant_id: row::tenant(tenant),
        goal_id: goal.to_string(),
        person_id: person.to_string(),
        state: state.as_str().to_owned(),
        own_words: own_words.clone(),
        objection: objection.clone(),
        update_time: *update_time,
    }
}
