//! Keys, by the hash of their secret.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{ApiKeyId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::api_key::{Column, Entity, Model};
use super::{Error, id};
use crate::domain::ApiKey;

/// One key.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    key: ApiKeyId,
) -> Result<Option<ApiKey>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(key.to_string())).one(db).await?;
    row.map(ApiKey::try_from).transpose()
}

/// The key of a secret's hash, and whose it is. No tenant is asked for: the key is what tells it.
pub async fn find_by_hash(
    db: &impl ConnectionTrait,
    hash: &[u8],
) -> Result<Option<(TenantId, ApiKey)>, Error> {
    let Some(row) = Entity::of_hash(hash).one(db).await? else { return Ok(None) };
    let tenant = id(&row.tenant_id)?;
    Ok(Some((tenant, ApiKey::try_from(row)?)))
}

/// Keys, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<ApiKey>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let keys = select.all(db).await?.into_iter().map(ApiKey::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(keys, page, |last| vec![last.id.to_string()]))
}

/// Writes a new key.
pub async fn insert(tx: &Tx, tenant: TenantId, key: &ApiKey, hash: &[u8]) -> Result<(), Error> {
    let ApiKey { id, display_name, scopes, expire_time, create_time, last_use_time, revoke_time, prefix } =
        key;
    let row = Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        display_name: display_name.clone(),
        scopes: scopes.join(" "),
        key_hash: hash.to_vec(),
        prefix: prefix.clone(),
        expire_time: *expire_time,
        create_time: *create_time,
        last_use_time: *last_use_time,
        revoke_time: *revoke_time,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(())
}

/// Notes that a key was revoked.
pub async fn update_revoke_time(
    tx: &Tx,
    tenant: TenantId,
    key: ApiKeyId,
    time: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    update(tx, tenant, key, Column::RevokeTime, time).await
}

/// Notes that a key was used.
pub async fn update_last_use_time(
    tx: &Tx,
    tenant: TenantId,
    key: ApiKeyId,
    time: DateTime<Utc>,
) -> Result<(), Error> {
    update(tx, tenant, key, Column::LastUseTime, Some(time)).await
}

async fn update(
    tx: &Tx,
    tenant: TenantId,
    key: ApiKeyId,
    column: Column,
    time: Option<DateTime<Utc>>,
) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(column, Expr::value(time))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(key.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

impl TryFrom<Model> for ApiKey {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            id: key,
            display_name,
            scopes,
            key_hash: _,
            prefix,
            expire_time,
            create_time,
            last_use_time,
            revoke_time,
        } = row;
        Ok(Self {
            id: id(&key)?,
            display_name,
            scopes: scopes.split(' ').map(str::to_owned).collect(),
            expire_time,
            create_time,
            last_use_time,
            revoke_time,
            prefix,
        })
    }
}
