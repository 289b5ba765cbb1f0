//! Customer organisations and households.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{AccountId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::account::{Column, Entity, Model};
use super::{CHUNK, Error, id, optional, text};
use crate::domain::Account;
use crate::domain::account::Details;

/// One account.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    account: AccountId,
) -> Result<Option<Account>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(account.to_string())).one(db).await?;
    row.map(Account::try_from).transpose()
}

/// Accounts, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Account>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let accounts = select.all(db).await?.into_iter().map(Account::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(accounts, page, |last| vec![last.id.to_string()]))
}

/// The accounts that have one of these keys of a source, and those of no source that have one nobody has there.
pub async fn with_keys(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
    keys: &[&str],
) -> Result<Vec<Account>, Error> {
    let mut accounts = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::Source.is_in([source, ""]))
            .filter(Column::ExternalId.is_in(chunk.iter().copied()))
            // Those of no source first, so that the others take their places.
            .order_by_asc(Column::Source)
            .all(db)
            .await?;
        for row in rows {
            accounts.insert(row.external_id.clone(), Account::try_from(row)?);
        }
    }
    Ok(accounts.into_values().collect())
}

/// Writes accounts, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, accounts: &[Account]) -> Result<(), Error> {
    for chunk in accounts.chunks(CHUNK) {
        let rows = chunk.iter().map(|account| row(tenant, account).into_active_model().reset_all());
        let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
            .update_columns([
                Column::DisplayName,
                Column::ExternalId,
                Column::Source,
                Column::Segment,
                Column::UnitId,
                Column::Revision,
                Column::UpdateTime,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn row(tenant: TenantId, account: &Account) -> Model {
    let Account { id, details, revision, create_time, update_time } = account;
    let Details { display_name, external_id, source, segment, unit } = details;
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        display_name: display_name.clone(),
        external_id: external_id.clone(),
        source: source.clone(),
        segment: segment.clone(),
        unit_id: text(*unit),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

impl TryFrom<Model> for Account {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            id: key,
            display_name,
            external_id,
            source,
            segment,
            unit_id,
            revision,
            create_time,
            update_time,
        } = row;
        let details =
            Details { display_name, external_id, source, segment, unit: optional(unit_id.as_deref())? };
        Ok(Self { id: id(&key)?, details, revision, create_time, update_time })
    }
}
