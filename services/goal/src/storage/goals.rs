//! Goals: one row each, with the goal above in a column.

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Tx};
use arki_ids::{GoalId, TenantId, UnitId, VisionId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::goal::{Column, Entity, Model};
use super::row;
use crate::domain::coverage::ActiveGoal;
use crate::domain::{Goal, GoalContent, Place, State};

/// Which goals to list; none is every goal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub unit: Option<UnitId>,
    pub parent: Option<GoalId>,
    pub vision: Option<VisionId>,
}

pub async fn find(db: &impl ConnectionTrait, tenant: TenantId, id: GoalId) -> Result<Option<Goal>, Error> {
    let found = Entity::in_tenant(tenant).filter(Column::Id.eq(id.to_string())).one(db).await?;
    found.map(goal).transpose()
}

/// A goal and all above it, from the goal up.
pub async fn line(db: &impl ConnectionTrait, tenant: TenantId, id: GoalId) -> Result<Vec<GoalId>, Error> {
    let mut line: Vec<GoalId> = Vec::new();
    let mut next = Some(id);
    // Step by step, since goals are few levels deep.
    while let Some(here) = next {
        if line.contains(&here) {
            return Err(Error::Corrupt(format!("goal.parent_id: {here} is under itself")));
        }
        line.push(here);
        let parent: Option<Option<String>> = Entity::in_tenant(tenant)
            .filter(Column::Id.eq(here.to_string()))
            .select_only()
            .column(Column::ParentId)
            .into_tuple()
            .one(db)
            .await?;
        next = row::parse_or_none("goal.parent_id", parent.flatten().as_deref())?;
    }
    Ok(line)
}

/// The goals right below one.
pub async fn list_below(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    parent: GoalId,
) -> Result<Vec<Goal>, Error> {
    let select = Entity::in_tenant(tenant).filter(Column::ParentId.eq(parent.to_string()));
    select.order_by_asc(Column::Id).all(db).await?.into_iter().map(goal).collect()
}

/// In the order of their ids, which is that of their creation.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    filter: Filter,
    page: &PageRequest,
) -> Result<Page<Goal>, Error> {
    let Filter { unit, parent, vision } = filter;
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    for (column, wanted) in [
        (Column::UnitId, row::text(unit)),
        (Column::ParentId, row::text(parent)),
        (Column::VisionId, row::text(vision)),
    ] {
        if let Some(wanted) = wanted {
            select = select.filter(column.eq(wanted));
        }
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let goals = select.all(db).await?.into_iter().map(goal).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(goals, page, |last| vec![last.id.to_string()]))
}

/// Every goal of a vision that is in force, by its place.
pub async fn list_active(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    vision: VisionId,
) -> Result<Vec<ActiveGoal>, Error> {
    let rows: Vec<(String, Option<String>, Option<String>)> = Entity::in_tenant(tenant)
        .filter(Column::VisionId.eq(vision.to_string()))
        .filter(Column::State.eq(State::Active.as_str()))
        .select_only()
        .columns([Column::Id, Column::UnitId, Column::RoleId])
        .into_tuple()
        .all(db)
        .await?;
    let goal = |(id, unit, role): (String, Option<String>, Option<String>)| {
        Ok(ActiveGoal { id: row::parse("goal.id", &id)?, place: place(unit.as_deref(), role.as_deref())? })
    };
    rows.into_iter().map(goal).collect()
}

pub async fn insert(tx: &Tx, tenant: TenantId, goal: &Goal) -> Result<(), Error> {
    Entity::insert(model(tenant, goal)?.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub async fn update(tx: &Tx, tenant: TenantId, goal: &Goal) -> Result<(), Error> {
    Entity::update(model(tenant, goal)?.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

fn place(unit: Option<&str>, role: Option<&str>) -> Result<Place, Error> {
    Ok(Place {
        unit: row::parse_or_none("goal.unit_id", unit)?,
        role: row::parse_or_none("goal.role_id", role)?,
    })
}

fn goal(model: Model) -> Result<Goal, Error> {
    let Model {
        tenant_id: _,
        id,
        vision_id,
        parent_id,
        unit_id,
        role_id,
        title,
        everyday_text,
        to_do,
        enough,
        not_asked,
        owner,
        metric,
        weight,
        state,
        revision,
        create_time,
        update_time,
    } = model;
    Ok(Goal {
        id: row::parse("goal.id", &id)?,
        vision: row::parse("goal.vision_id", &vision_id)?,
        parent: row::parse_or_none("goal.parent_id", parent_id.as_deref())?,
        place: place(unit_id.as_deref(), role_id.as_deref())?,
        content: GoalContent {
            title: row::read("goal.title", title)?,
            everyday_text: row::read("goal.everyday_text", everyday_text)?,
            to_do: row::read("goal.to_do", to_do)?,
            enough: row::read("goal.enough", enough)?,
            not_asked: row::read("goal.not_asked", not_asked)?,
            owner: row::parse_or_none("goal.owner", owner.as_deref())?,
            metric: row::parse_or_none("goal.metric", metric.as_deref())?,
            weight: row::number("goal.weight", weight)?,
        },
        state: row::parse("goal.state", &state)?,
        revision: row::number("goal.revision", revision)?,
        create_time,
        update_time,
    })
}

fn model(tenant: TenantId, goal: &Goal) -> Result<Model, Error> {
    let Goal { id, vision, parent, place, content, state, revision, create_time, update_time } = goal;
    let Place { unit, role } = place;
    let GoalContent { title, everyday_text, to_do, enough, not_asked, owner, metric, weight } = content;
    Ok(Model {
        tenant_id: row::tenant(tenant),
        id: id.to_string(),
        vision_id: vision.to_string(),
        parent_id: row::text(*parent),
        unit_id: row::text(*unit),
        role_id: row::text(*role),
        title: row::write("goal.title", title)?,
        everyday_text: row::write("goal.everyday_text", everyday_text)?,
        to_do: row::write("goal.to_do", to_do)?,
        enough: row::write("goal.enough", enough)?,
        not_asked: row::write("goal.not_asked", not_asked)?,
        owner: row::text(*owner),
        metric: row::text(*metric),
        weight: i64::from(*weight),
        state: state.as_str().to_owned(),
        revision: row::signed("goal.revision", *revision)?,
        create_time: *create_time,
        update_time: *update_time,
    })
}
