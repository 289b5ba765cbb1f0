//! Job roles.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{RoleId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::role::{Column, Entity, Model};
use super::{CHUNK, Error, id};
use crate::domain::Role;

/// One role.
pub async fn find(db: &impl ConnectionTrait, tenant: TenantId, role: RoleId) -> Result<Option<Role>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(role.to_string())).one(db).await?;
    row.map(Role::try_from).transpose()
}

/// Roles, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Role>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let roles = select.all(db).await?.into_iter().map(Role::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(roles, page, |last| vec![last.id.to_string()]))
}

/// Every role.
pub async fn all(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<Role>, Error> {
    let rows = Entity::in_tenant(tenant).order_by_asc(Column::Id).all(db).await?;
    rows.into_iter().map(Role::try_from).collect()
}

/// Writes roles, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, roles: &[Role]) -> Result<(), Error> {
    for chunk in roles.chunks(CHUNK) {
        let rows = chunk.iter().map(|role| row(tenant, role).into_active_model().reset_all());
        let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
            .update_columns([Column::DisplayName, Column::ExternalId, Column::Revision, Column::UpdateTime])
            .to_owned();
        Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn row(tenant: TenantId, role: &Role) -> Model {
    let Role { id, display_name, external_id, revision, create_time, update_time } = role;
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        display_name: display_name.clone(),
        external_id: external_id.clone(),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

impl TryFrom<Model> for Role {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model { tenant_id: _, id: key, display_name, external_id, revision, create_time, update_time } =
            row;
        Ok(Self { id: id(&key)?, display_name, external_id, revision, create_time, update_time })
    }
}
