//! How long a tenant keeps things, the runs in which they go, and who is kept for too long.
//!
//! A run holds its cutoffs, and a row of `purge_part` for each part that a service confirmed.

use std::collections::{BTreeMap, HashSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, PurgeId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select, Statement, Value,
};

use super::entity::{consent, contact, outcome, person, purge, purge_part, retention_policy};
use super::{CHUNK, Error, corrupt, id};
use crate::domain::purge::{Part, Purge};
use crate::domain::retention::Policy;

/// Who is in `person_past_idx`, in its words, so that both databases know it; see [`crate::domain::retention::is_past`].
const PAST: &str = "kind IN ('prospect', 'former_customer', 'candidate', 'leaver') OR employment = 'left'";

/// The policy of a tenant; the default where it has none of its own.
pub async fn policy(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Policy, Error> {
    let Some(row) = retention_policy::Entity::in_tenant(tenant).one(db).await? else {
        return Ok(Policy::default());
    };
    serde_json::from_value(row.policy).map_err(corrupt)
}

/// Writes the policy of a tenant.
pub async fn save_policy(
    tx: &Tx,
    tenant: TenantId,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    use retention_policy::{Column, Entity, Model};
    let row = Model {
        tenant_id: tenant.to_string(),
        policy: serde_json::to_value(policy).map_err(corrupt)?,
        revision: policy.revision,
        update_time: now,
    };
    let everything_else = OnConflict::column(Column::TenantId)
        .update_columns([Column::Policy, Column::Revision, Column::UpdateTime])
        .to_owned();
    let row = row.into_active_model().reset_all();
    Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

/// One purge.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    purge: PurgeId,
) -> Result<Option<Purge>, Error> {
    let row = purge::Entity::in_tenant(tenant).filter(purge::Column::Id.eq(purge.to_string()));
    Ok(put_together(db, tenant, row.all(db).await?).await?.pop())
}

/// The purge that runs.
pub async fn running(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<Purge>, Error> {
    let row = purge::Entity::in_tenant(tenant).filter(purge::Column::CompleteTime.is_null()).limit(1);
    Ok(put_together(db, tenant, row.all(db).await?).await?.pop())
}

/// The purge that began last.
pub async fn newest(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Option<Purge>, Error> {
    let row = purge::Entity::in_tenant(tenant).order_by_desc(purge::Column::Id).limit(1);
    Ok(put_together(db, tenant, row.all(db).await?).await?.pop())
}

/// Purges, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Purge>, Error> {
    let mut select = purge::Entity::in_tenant(tenant).order_by_desc(purge::Column::Id).limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(purge::Column::Id.lt(after.as_str()));
    }
    let found = put_together(db, tenant, select.all(db).await?).await?;
    Ok(Page::cut(found, page, |last| vec![last.id.to_string()]))
}

/// Writes a purge, new or changed; not its parts.
pub async fn save(tx: &Tx, tenant: TenantId, purge: &Purge) -> Result<(), Error> {
    use purge::{Column, Entity, Model};
    let Purge { id, cutoffs, create_time, complete_time, report_hash, parts: _ } = purge;
    let row = Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        cutoffs: serde_json::to_value(cutoffs).map_err(corrupt)?,
        create_time: *create_time,
        complete_time: *complete_time,
        report_hash: report_hash.clone(),
    };
    let changes = OnConflict::columns([Column::TenantId, Column::Id])
        .update_columns([Column::CompleteTime, Column::ReportHash])
        .to_owned();
    let row = row.into_active_model().reset_all();
    Entity::insert(row).on_conflict(changes).exec_without_returning(tx).await?;
    Ok(())
}

/// Writes a part that a service confirmed, and answers false where it was known: what was said first stands.
pub async fn confirm(tx: &Tx, tenant: TenantId, purge: PurgeId, confirmed: &Part) -> Result<bool, Error> {
    use purge_part::{Column, Entity, Model};
    let Part { service, part, counts, is_done, confirm_time } = confirmed;
    let known = Entity::in_tenant(tenant)
        .filter(Column::PurgeId.eq(purge.to_string()))
        .filter(Column::Service.eq(service.as_str()))
        .filter(Column::Part.eq(*part));
    if known.one(tx).await?.is_some() {
        return Ok(false);
    }
    let row = Model {
        tenant_id: tenant.to_string(),
        purge_id: purge.to_string(),
        service: service.clone(),
        part: *part,
        counts: serde_json::to_value(counts).map_err(corrupt)?,
        is_done: *is_done,
        confirm_time: *confirm_time,
    };
    Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    Ok(true)
}

async fn put_together(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    rows: Vec<purge::Model>,
) -> Result<Vec<Purge>, Error> {
    use purge_part::{Column, Entity, Model};
    let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for chunk in rows.chunks(CHUNK) {
        let ids = chunk.iter().map(|row| row.id.as_str());
        for row in Entity::in_tenant(tenant).filter(Column::PurgeId.is_in(ids)).all(db).await? {
            let Model { tenant_id: _, purge_id, service, part, counts, is_done, confirm_time } = row;
            let counts = serde_json::from_value(counts).map_err(corrupt)?;
            parts.entry(purge_id).or_default().push(Part { service, part, counts, is_done, confirm_time });
        }
    }
    rows.into_iter()
        .map(|row| {
            let purge::Model { tenant_id: _, id: key, cutoffs, create_time, complete_time, report_hash } =
                row;
            Ok(Purge {
                id: id(&key)?,
                cutoffs: serde_json::from_value(cutoffs).map_err(corrupt)?,
                create_time,
                complete_time,
                report_hash,
                parts: parts.remove(&key).unwrap_or_default(),
            })
        })
        .collect()
}

/// Somebody with whom there is no relation any more, by their last change.
pub type Past = (DateTime<Utc>, PersonId);

/// People with whom there is no relation any more and who last changed before a time, in the order of their changes,
/// after one of them.
pub async fn past(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    before: DateTime<Utc>,
    after: Option<Past>,
    most: u64,
) -> Result<Vec<Past>, Error> {
    use person::{Column, Entity};
    let mut select = Entity::in_tenant(tenant)
        .select_only()
        .columns([Column::UpdateTime, Column::Id])
        .filter(Expr::cust(format!("({PAST})")))
        .filter(Column::UpdateTime.lt(before))
        .order_by_asc(Column::UpdateTime)
        .order_by_asc(Column::Id)
        .limit(most);
    if let Some((time, person)) = after {
        let same = Condition::all().add(Column::UpdateTime.eq(time)).add(Column::Id.gt(person.to_string()));
        select = select.filter(Condition::any().add(Column::UpdateTime.gt(time)).add(same));
    }
    let rows: Vec<(DateTime<Utc>, String)> = select.into_tuple().all(db).await?;
    rows.into_iter().map(|(time, person)| Ok((time, id(&person)?))).collect()
}

/// Who of these people was heard of since a time: by an outcome, a contact or a consent.
pub async fn heard_of_since(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
    since: DateTime<Utc>,
) -> Result<HashSet<PersonId>, Error> {
    let mut heard = HashSet::new();
    for chunk in people.chunks(CHUNK) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let outcomes = outcome::Entity::in_tenant(tenant)
            .filter(outcome::Column::PersonId.is_in(ids.iter().map(String::as_str)))
            .filter(outcome::Column::Time.gte(since));
        let contacts = contact::Entity::in_tenant(tenant)
            .filter(contact::Column::PersonId.is_in(ids.iter().map(String::as_str)))
            .filter(contact::Column::Time.gte(since));
        let consents = consent::Entity::in_tenant(tenant)
            .filter(consent::Column::PersonId.is_in(ids.iter().map(String::as_str)))
            .filter(consent::Column::Time.gte(since));
        let mut found = distinct(db, outcomes, outcome::Column::PersonId).await?;
        found.extend(distinct(db, contacts, contact::Column::PersonId).await?);
        found.extend(distinct(db, consents, consent::Column::PersonId).await?);
        for person in found {
            heard.insert(id(&person)?);
        }
    }
    Ok(heard)
}

async fn distinct<E: EntityTrait>(
    db: &impl ConnectionTrait,
    rows: Select<E>,
    column: E::Column,
) -> Result<Vec<String>, Error> {
    Ok(rows.select_only().column(column).distinct().into_tuple().all(db).await?)
}

/// Takes contacts of before a time out of the ledger, at most so many, and tells how many there were.
pub async fn forget_contacts(
    tx: &Tx,
    tenant: TenantId,
    before: DateTime<Utc>,
    most: usize,
) -> Result<u64, Error> {
    let sql = "DELETE FROM contact WHERE tenant_id = $1 AND (person_id, reservation) IN \
               (SELECT person_id, reservation FROM contact WHERE tenant_id = $1 AND \"time\" < $2 \
               ORDER BY \"time\" LIMIT $3)";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let values: [Value; 3] = [tenant.to_string().into(), before.into(), most.into()];
    let done = tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    Ok(done.rows_affected())
}
