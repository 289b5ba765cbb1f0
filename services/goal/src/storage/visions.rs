//! Visions: one row each.

use arki_database::page::{Page, PageRequest};
use arki_database::{Error, Tx};
use arki_ids::{TenantId, VisionId};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::vision::{Column, Entity, Model};
use super::row;
use crate::domain::{State, Vision, VisionContent};

pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    id: VisionId,
) -> Result<Option<Vision>, Error> {
    let found = Entity::in_tenant(tenant).filter(Column::Id.eq(id.to_string())).one(db).await?;
    found.map(vision).transpose()
}

/// The vision in force.
pub async fn find_active(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<Vision>, Error> {
    let active = Column::State.eq(State::Active.as_str());
    let found = Entity::in_tenant(tenant).filter(active).one(db).await?;
    found.map(vision).transpose()
}

/// In the order of their ids, which is that of their creation.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Vision>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let visions = select.all(db).await?.into_iter().map(vision).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(visions, page, |last| vec![last.id.to_string()]))
}

pub async fn insert(tx: &Tx, tenant: TenantId, vision: &Vision) -> Result<(), Error> {
    Entity::insert(model(tenant, vision)?.into_active_model()).exec_without_returning(tx).await?;
    Ok(())
}

pub async fn update(tx: &Tx, tenant: TenantId, vision: &Vision) -> Result<(), Error> {
    Entity::update(model(tenant, vision)?.into_active_model().reset_all()).exec(tx).await?;
    Ok(())
}

fn vision(model: Model) -> Result<Vision, Error> {
    let Model {
        tenant_id: _,
        id,
        statement,
        customer_meaning,
        staff_meaning,
        strategy_reference,
        sponsor,
        state,
        revision,
        create_time,
        update_time,
    } = model;
    Ok(Vision {
        id: row::parse("vision.id", &id)?,
        content: VisionContent {
            statement: row::read("vision.statement", statement)?,
            customer_meaning: row::read("vision.customer_meaning", customer_meaning)?,
            staff_meaning: row::read("vision.staff_meaning", staff_meaning)?,
            strategy_reference,
            sponsor: row::parse_or_none("vision.sponsor", sponsor.as_deref())?,
        },
        state: row::parse("vision.state", &state)?,
        revision: row::number("vision.revision", revision)?,
        create_time,
        update_time,
    })
}

fn model(tenant: TenantId, vision: &Vision) -> Result<Model, Error> {
    let Vision { id, content, state, revision, create_time, update_time } = vision;
    let VisionContent { statement, customer_meaning, staff_meaning, strategy_reference, sponsor } = content;
    Ok(Model {
        tenant_id: row::tenant(tenant),
        id: id.to_string(),
        statement: row::write("vision.statement", statement)?,
        customer_meaning: row::write("vision.customer_meaning", customer_meaning)?,
        staff_meaning: row::write("vision.staff_meaning", staff_meaning)?,
        strategy_reference: strategy_reference.clone(),
        sponsor: row::text(*sponsor),
        state: state.as_str().to_owned(),
        revision: row::signed("vision.revision", *revision)?,
        create_time: *create_time,
        update_time: *update_time,
    })
}
