//! Erasures, what was confirmed of them, and the hashes of keys that must not come back.
//!
//! The hashes are made with a secret of the tenant, which lies beside them: whoever has the whole database can try out
//! whether an address that they guess was erased, as with any list of refusals, and learns nothing else.

use std::collections::{BTreeMap, BTreeSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{ErasureId, PersonId, TenantId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::{erased_key, erasure, erasure_confirmation, erasure_secret};
use super::{CHUNK, Error, corrupt, id, word};
use crate::domain::erasure::{Confirmation, Erasure, Key, Reason, SERVICES};

/// One erasure.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    erasure: ErasureId,
) -> Result<Option<Erasure>, Error> {
    let row = erasure::Entity::in_tenant(tenant).filter(erasure::Column::Id.eq(erasure.to_string()));
    Ok(put_together(db, tenant, row.all(db).await?).await?.pop())
}

/// The erasure of a person.
pub async fn of_person(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
) -> Result<Option<Erasure>, Error> {
    let row = erasure::Entity::in_tenant(tenant).filter(erasure::Column::PersonId.eq(person.to_string()));
    Ok(put_together(db, tenant, row.all(db).await?).await?.pop())
}

/// Erasures, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Erasure>, Error> {
    let mut select =
        erasure::Entity::in_tenant(tenant).order_by_desc(erasure::Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(erasure::Column::Id.lt(after.as_str()));
    }
    let found = put_together(db, tenant, select.all(db).await?).await?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// Writes an erasure, new or changed; not its confirmations.
pub async fn save(tx: &Tx, tenant: TenantId, erasure: &Erasure) -> Result<(), Error> {
    use erasure::Column;
    let Erasure {
        id,
        person,
        reason,
        merged,
        create_time,
        complete_time,
        report_hash,
        lift_time,
        confirmations: _,
    } = erasure;
    let row = erasure::Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        person_id: person.to_string(),
        reason: reason.word().to_owned(),
        merged: serde_json::to_value(merged).map_err(corrupt)?,
        create_time: *create_time,
        complete_time: *complete_time,
        report_hash: report_hash.clone(),
        lift_time: *lift_time,
    };
    let changes = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([Column::CompleteTime, Column::ReportHash, Column::LiftTime])
        .to_owned();
    let row = row.into_active_model().reset_all();
    erasure::Entity::insert(row).on_conflict(changes).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes what a service confirmed, and answers false where it had confirmed before: what it said first stands.
pub async fn confirm(
    tx: &Tx,
    tenant: TenantId,
    erasure: ErasureId,
    confirmation: &Confirmation,
) -> Result<bool, Error> {
    use erasure_confirmation::{Column, Entity, Model};
    let Confirmation { service, confirm_time, counts, limits } = confirmation;
    let row = Model {
        tenant_id: tenant.to_string(),
        erasure_id: erasure.to_string(),
        service: service.clone(),
        counts: serde_json::to_value(counts).map_err(corrupt)?,
        limits: serde_json::to_value(limits).map_err(corrupt)?,
        confirm_time: *confirm_time,
    };
    let known = Entity::in_tenant(tenant)
        .filter(Column::ErasureId.eq(erasure.to_string()))
        .filter(Column::Service.eq(service.as_str()));
    if known.one(tx).await?.is_some() {
        return Ok(false);
    }
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(true)
}

/// Keeps the hashes of keys. One that was kept for another erasure is of this one now.
pub async fn keep_keys(
    tx: &Tx,
    tenant: TenantId,
    erasure: ErasureId,
    keys: &BTreeSet<Key>,
    fresh: [u8; 32],
) -> Result<(), Error> {
    use erased_key::{Column, Entity, Model};
    let secret = match secret(tx, tenant).await? {
        Some(secret) => secret,
        None => {
            let row = erasure_secret::Model { tenant_id: tenant.to_string(), secret: fresh.to_vec() };
            let row = row.into_active_model().reset_all();
            erasure_secret::Entity::insert(row).exec_without_returning(tx).await?;
            fresh.to_vec()
        }
    };
    let hashes: Vec<String> = keys.iter().map(|key| key.hash(&secret)).collect();
    for chunk in hashes.chunks(CHUNK) {
        let rows = chunk.iter().map(|key_hash| {
            let row = Model {
                tenant_id: tenant.to_string(),
                key_hash: key_hash.clone(),
                erasure_id: erasure.to_string(),
            };
            row.into_active_model().reset_all()
        });
        let newest = OnConflict::columns([Column::TenantId, Column::KeyHash])
            .update_column(Column::ErasureId)
            .to_owned();
        Entity::insert_many(rows).on_conflict(newest).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Forgets the hashes of an erasure, and tells how many there were.
pub async fn lift_keys(tx: &Tx, tenant: TenantId, erasure: ErasureId) -> Result<u64, Error> {
    let done = erased_key::Entity::delete_many()
        .filter(erased_key::Column::TenantId.eq(tenant.to_string()))
        .filter(erased_key::Column::ErasureId.eq(erasure.to_string()))
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}

/// Which of these keys were erased, and by which erasure.
pub async fn erased(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, ErasureId>, Error> {
    use erased_key::{Column, Entity};
    let mut erased = BTreeMap::new();
    if keys.is_empty() {
        return Ok(erased);
    }
    // Most tenants have erased nobody: one look, and nothing is hashed.
    let Some(secret) = secret(db, tenant).await? else { return Ok(erased) };
    let hashes: BTreeMap<String, &Key> = keys.iter().map(|key| (key.hash(&secret), key)).collect();
    for chunk in hashes.keys().collect::<Vec<_>>().chunks(CHUNK) {
        let found = Entity::in_tenant(tenant)
            .filter(Column::KeyHash.is_in(chunk.iter().map(|hash| hash.as_str())))
            .all(db)
            .await?;
        for row in found {
            if let Some(key) = hashes.get(&row.key_hash) {
                erased.insert((*key).clone(), id(&row.erasure_id)?);
            }
        }
    }
    Ok(erased)
}

async fn secret(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<Vec<u8>>, Error> {
    Ok(erasure_secret::Entity::in_tenant(tenant).one(db).await?.map(|row| row.secret))
}

async fn put_together(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    rows: Vec<erasure::Model>,
) -> Result<Vec<Erasure>, Error> {
    use erasure_confirmation::{Column, Entity, Model};
    let mut confirmations: BTreeMap<String, Vec<Confirmation>> = BTreeMap::new();
    for chunk in rows.chunks(CHUNK) {
        let ids = chunk.iter().map(|row| row.id.as_str());
        for row in Entity::in_tenant(tenant).filter(Column::ErasureId.is_in(ids)).all(db).await? {
            let Model { tenant_id: _, erasure_id, service, counts, limits, confirm_time } = row;
            confirmations.entry(erasure_id).or_default().push(Confirmation {
                service,
                confirm_time,
                counts: serde_json::from_value(counts).map_err(corrupt)?,
                limits: serde_json::from_value(limits).map_err(corrupt)?,
            });
        }
    }
    rows.into_iter()
        .map(|row| {
            let erasure::Model {
                tenant_id: _,
                id: key,
                person_id,
                reason,
                merged,
                create_time,
                complete_time,
                report_hash,
                lift_time,
            } = row;
            let mut confirmations = confirmations.remove(&key).unwrap_or_default();
            confirmations.sort_by_key(|one| SERVICES.iter().position(|service| *service == one.service));
            Ok(Erasure {
                id: id(&key)?,
                person: id(&person_id)?,
                reason: word(&reason, Reason::of_word)?,
                merged: serde_json::from_value(merged).map_err(corrupt)?,
                create_time,
                complete_time,
                report_hash,
                lift_time,
                confirmations,
            })
        })
        .collect()
}

/// Takes people out of outcomes, whose keys are gone with them, and tells how many there were.
pub async fn unlink_outcomes(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<u64, Error> {
    use super::entity::outcome::{Column, Entity};
    let done = Entity::update_many()
        .col_expr(Column::PersonId, Expr::value(Option::<String>::None))
        .col_expr(Column::ExternalId, Expr::value(Option::<String>::None))
        .col_expr(Column::Revision, Expr::cust("revision + 1"))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::PersonId.is_in(people.iter().map(ToString::to_string)))
        .exec(tx)
        .await?;
    Ok(done.rows_affected)
}

/// The keys of what people did.
pub async fn outcome_keys(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<Vec<String>, Error> {
    use super::entity::outcome::{Column, Entity};
    let keys: Vec<Option<String>> = Entity::in_tenant(tenant)
        .select_only()
        .column(Column::ExternalId)
        .filter(Column::PersonId.is_in(people.iter().map(ToString::to_string)))
        .filter(Column::ExternalId.is_not_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(keys.into_iter().flatten().collect())
}
