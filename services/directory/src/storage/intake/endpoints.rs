//! Endpoints.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{IntakeEndpointId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::super::entity::intake_endpoint::{Column, Entity, Model};
use super::super::{Error, corrupt, id, word};
use crate::domain::intake::endpoint::{Endpoint, Provider, Terms};

/// One endpoint, with its sealed secrets.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    endpoint: IntakeEndpointId,
) -> Result<Option<(Endpoint, Vec<u8>)>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(endpoint.to_string())).one(db).await?;
    Ok(row.map(read).transpose()?.map(|(_, endpoint, secrets)| (endpoint, secrets)))
}

/// One endpoint of whichever tenant, with its sealed secrets: whoever calls it says its id alone.
pub async fn find_anywhere(
    db: &impl ConnectionTrait,
    endpoint: IntakeEndpointId,
) -> Result<Option<(TenantId, Endpoint, Vec<u8>)>, Error> {
    let row = Entity::anywhere().filter(Column::Id.eq(endpoint.to_string())).one(db).await?;
    row.map(read).transpose()
}

/// Endpoints, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Endpoint>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let endpoint = |row| read(row).map(|(_, endpoint, _)| endpoint);
    let endpoints = select.all(db).await?.into_iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(endpoints, page, |last| vec![last.id.to_string()]))
}

/// Writes an endpoint, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, endpoint: &Endpoint, secrets: &[u8]) -> Result<(), Error> {
    let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([
            Column::Description,
            Column::OrganisationId,
            Column::Mapping,
            Column::Secrets,
            Column::IsDisabled,
            Column::PreviousSecretExpireTime,
            Column::Revision,
            Column::UpdateTime,
        ])
        .to_owned();
    let row = row(tenant, endpoint, secrets)?.into_active_model().reset_all();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

/// Removes an endpoint with all that waits there, and tells whether there was one.
pub async fn remove(tx: &Tx, tenant: TenantId, endpoint: IntakeEndpointId) -> Result<bool, Error> {
    let removed = Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(endpoint.to_string()))
        .exec(tx)
        .await?;
    Ok(removed.rows_affected > 0)
}

fn row(tenant: TenantId, endpoint: &Endpoint, secrets: &[u8]) -> Result<Model, Error> {
    let Endpoint {
        id,
        provider,
        source,
        terms,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    } = endpoint;
    let Terms { description, organisation_id, mapping, is_disabled } = terms;
    Ok(Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        provider: provider.word().to_owned(),
        source: source.clone(),
        description: description.clone(),
        organisation_id: organisation_id.clone(),
        mapping: serde_json::to_string(mapping).map_err(corrupt)?,
        secrets: secrets.to_vec(),
        is_disabled: *is_disabled,
        previous_secret_expire_time: *previous_secret_expire_time,
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    })
}

fn read(row: Model) -> Result<(TenantId, Endpoint, Vec<u8>), Error> {
    let Model {
        tenant_id,
        id: key,
        provider,
        source,
        description,
        organisation_id,
        mapping,
        secrets,
        is_disabled,
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    } = row;
    let mapping = serde_json::from_str(&mapping).map_err(corrupt)?;
    let endpoint = Endpoint {
        id: id(&key)?,
        provider: word(&provider, Provider::of_word)?,
        source,
        terms: Terms { description, organisation_id, mapping, is_disabled },
        previous_secret_expire_time,
        revision,
        create_time,
        update_time,
    };
    Ok((id(&tenant_id)?, endpoint, secrets))
}
