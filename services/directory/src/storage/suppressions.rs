//! Addresses to which nothing is sent, by their hashes. They belong to no person, and stay when one is erased.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{SuppressionId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::contact_key;
use super::entity::suppression::{Column, Entity, Model};
use super::{CHUNK, Error, corrupt, id, word};
use crate::domain::consent::{Channel, Purpose};
use crate::domain::suppression::{AddressHash, Reason, Suppression};

/// The key of a tenant's hashes as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredKey {
    pub key: Vec<u8>,
    /// Whether it has to be opened before it is used.
    pub is_sealed: bool,
}

/// The key of a tenant's hashes, once there is one.
pub async fn find_key(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<StoredKey>, Error> {
    let row = contact_key::Entity::in_tenant(tenant).one(db).await?;
    Ok(row.map(|contact_key::Model { tenant_id: _, key, is_sealed }| StoredKey { key, is_sealed }))
}

/// Keeps a key unless there is one.
pub async fn insert_key(tx: &Tx, tenant: TenantId, stored: &StoredKey) -> Result<(), Error> {
    let StoredKey { key, is_sealed } = stored.clone();
    let row = contact_key::Model { tenant_id: tenant.to_string(), key, is_sealed };
    contact_key::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing_on([contact_key::Column::TenantId])
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// The entries of these addresses, by address; those whose time is over too.
pub async fn of_addresses(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    hashes: &[AddressHash],
) -> Result<HashMap<AddressHash, Vec<Suppression>>, Error> {
    let mut found: HashMap<AddressHash, Vec<Suppression>> = HashMap::new();
    for chunk in hashes.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::AddressHash.is_in(chunk.iter().map(|hash| hash.0.to_vec())))
            .order_by_asc(Column::Id)
            .all(db)
            .await?;
        for row in rows {
            let entry = Suppression::try_from(row)?;
            found.entry(entry.hash).or_default().push(entry);
        }
    }
    Ok(found)
}

/// Entries, oldest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    reason: Option<Reason>,
    page: &PageRequest,
) -> Result<Page<Suppression>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(reason) = reason {
        select = select.filter(Column::Reason.eq(reason.word()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let entries =
        select.all(db).await?.into_iter().map(Suppression::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(entries, page, |last| vec![last.id.to_string()]))
}

/// Writes an entry. One for the same address, channel, purpose and reason stays, with the new source and end; what is
/// there afterwards is answered.
pub async fn save(tx: &Tx, tenant: TenantId, entry: &Suppression) -> Result<Suppression, Error> {
    let key = [Column::TenantId, Column::AddressHash, Column::Channel, Column::Purpose, Column::Reason];
    let again = OnConflict::columns(key).update_columns([Column::Source, Column::ExpireTime]).to_owned();
    let row = row(tenant, entry);
    let stored = Entity::in_tenant(tenant)
        .filter(Column::AddressHash.eq(row.address_hash.clone()))
        .filter(Column::Channel.eq(row.channel.as_str()))
        .filter(Column::Purpose.eq(row.purpose.as_str()))
        .filter(Column::Reason.eq(row.reason.as_str()));
    Entity::insert(row.into_active_model().reset_all()).on_conflict(again).exec_without_returning(tx).await?;
    let stored = stored.one(tx).await?;
    stored.map(Suppression::try_from).transpose()?.ok_or_else(|| corrupt("an entry that was written is away"))
}

/// Removes an entry, and tells whether there was one.
pub async fn delete(tx: &Tx, tenant: TenantId, entry: SuppressionId) -> Result<bool, Error> {
    let deleted = Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Id.eq(entry.to_string()))
        .exec(tx)
        .await?;
    Ok(deleted.rows_affected > 0)
}

fn row(tenant: TenantId, entry: &Suppression) -> Model {
    let Suppression { id, channel, hash, purpose, reason, source, create_time, expire_time } = entry;
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        address_hash: hash.0.to_vec(),
        channel: channel.word().to_owned(),
        purpose: purpose.map_or_else(String::new, |purpose| purpose.word().to_owned()),
        reason: reason.word().to_owned(),
        source: source.clone(),
        create_time: *create_time,
        expire_time: *expire_time,
    }
}

impl TryFrom<Model> for Suppression {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            id: key,
            address_hash,
            channel,
            purpose,
            reason,
            source,
            create_time,
            expire_time,
        } = row;
        let hash =
            address_hash.try_into().map_err(|_| corrupt("suppression.address_hash is not 32 bytes"))?;
        let purpose = match purpose.as_str() {
            "" => None,
            purpose => Some(word(purpose, Purpose::of_word)?),
        };
        Ok(Self {
            id: id(&key)?,
            channel: word(&channel, Channel::of_word)?,
            hash: AddressHash(hash),
            purpose,
            reason: word(&reason, Reason::of_word)?,
            source,
            create_time,
            expire_time,
        })
    }
}
