//! Identity providers.

use arki_database::page::{Page, PageRequest};
use arki_database::{Tx, column};
use arki_ids::{IdentityProviderId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::identity_provider::{Column, Entity, Model};
use super::{Error, id};
use crate::domain::IdentityProvider;

/// One of them.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    key: IdentityProviderId,
) -> Result<Option<IdentityProvider>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(key.to_string())).one(db).await?;
    row.map(IdentityProvider::try_from).transpose()
}

/// A page of them, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<IdentityProvider>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let found =
        select.all(db).await?.into_iter().map(IdentityProvider::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// The providers of an issuer, over all tenants, at most `most`. No tenant is asked for: the provider is what tells it.
pub async fn of_issuer(
    db: &impl ConnectionTrait,
    issuer: &str,
    most: u64,
) -> Result<Vec<(TenantId, IdentityProvider)>, Error> {
    let rows = Entity::of_issuer(issuer).order_by_asc(Column::Id).limit(most).all(db).await?;
    rows.into_iter().map(|row| Ok((id(&row.tenant_id)?, IdentityProvider::try_from(row)?))).collect()
}

/// Writes one, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, one: &IdentityProvider) -> Result<(), Error> {
    let IdentityProvider { id, details, revision, create_time, update_time } = one;
    let row = Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        issuer: details.issuer.clone(),
        details: column::write("identity_provider.details", details)?,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    };
    let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([Column::Issuer, Column::Details, Column::Revision, Column::UpdateTime])
        .to_owned();
    Entity::insert(row.into_active_model().reset_all())
        .on_conflict(everything_else)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Takes one away; says whether it was there.
pub async fn delete(tx: &Tx, tenant: TenantId, key: IdentityProviderId) -> Result<bool, Error> {
    let deleted = Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(key.to_string()))
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected > 0)
}

impl TryFrom<Model> for IdentityProvider {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model { tenant_id: _, id: key, issuer: _, details, revision, create_time, update_time } = row;
        let details = column::read("identity_provider.details", details)?;
        Ok(Self { id: id(&key)?, details, revision, create_time, update_time })
    }
}
