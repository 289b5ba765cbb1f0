//! Role bindings.

use arki_database::page::{Page, PageRequest};
use arki_database::{Tx, column};
use arki_ids::{RoleBindingId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::role_binding::{Column, Entity, Model};
use super::{Error, id};
use crate::domain::RoleBinding;

/// One of them.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    key: RoleBindingId,
) -> Result<Option<RoleBinding>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(key.to_string())).one(db).await?;
    row.map(RoleBinding::try_from).transpose()
}

/// A page of them, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<RoleBinding>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let found =
        select.all(db).await?.into_iter().map(RoleBinding::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// All of them: a tenant has few, and each sign-in looks at them together.
pub async fn all(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<RoleBinding>, Error> {
    let rows = Entity::in_tenant(tenant).order_by_asc(Column::Id).all(db).await?;
    rows.into_iter().map(RoleBinding::try_from).collect()
}

/// Writes one, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, one: &RoleBinding) -> Result<(), Error> {
    let RoleBinding { id, terms, revision, create_time, update_time } = one;
    let row = Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        terms: column::write("role_binding.terms", terms)?,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    };
    let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([Column::Terms, Column::Revision, Column::UpdateTime])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(everything_else)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Takes one away; says whether it was there.
pub async fn delete(tx: &Tx, tenant: TenantId, key: RoleBindingId) -> Result<bool, Error> {
    let deleted = Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(key.to_string()))
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected > 0)
}

impl TryFrom<Model> for RoleBinding {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model { tenant_id: _, id: key, terms, revision, create_time, update_time } = row;
        let terms = column::read("role_binding.terms", terms)?;
        Ok(Self { id: id(&key)?, terms, revision, create_time, update_time })
    }
}
