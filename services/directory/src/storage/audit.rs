//! The audit log. Entries are written once and never again; only [`close`] takes them away, and leaves the last hash.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::TenantId;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::{audit_entry, audit_head, audit_segment};
use super::{CHUNK, Error, corrupt, id, word};
use crate::domain::audit::{BEGINNING, Entry, Fact, Hash, Head, Outcome};

/// Which entries are asked for; none means that it doesn't matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub subject: Option<String>,
    pub action: Option<String>,
    pub resource: Option<String>,
    pub outcome: Option<Outcome>,
}

/// A part of the log that is not kept any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub first_sequence: i64,
    pub last: Head,
    pub first_time: DateTime<Utc>,
    pub last_time: DateTime<Utc>,
    pub close_time: DateTime<Utc>,
}

/// The end of the chain.
pub async fn head(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Head, Error> {
    let Some(row) = audit_head::Entity::in_tenant(tenant).one(db).await? else { return Ok(BEGINNING) };
    Ok(Head { sequence: row.sequence, hash: hash(row.hash)? })
}

/// Every tenant that has a log.
pub async fn tenants(db: &impl ConnectionTrait) -> Result<Vec<TenantId>, Error> {
    let rows = audit_head::Entity::of_everybody().all(db).await?;
    rows.iter().map(|row| id(&row.tenant_id)).collect()
}

/// The end of the chain, held until the transaction is over: whoever adds at the same time waits here, or is run again
/// where transactions are serializable. Without the lock both would write the same place.
async fn hold_head(tx: &Tx, tenant: TenantId) -> Result<Head, Error> {
    let held = || audit_head::Entity::in_tenant(tenant).lock_exclusive();
    let row = match held().one(tx).await? {
        Some(row) => Some(row),
        None => {
            let Head { sequence, hash } = BEGINNING;
            let row = audit_head::Model { tenant_id: tenant.to_string(), sequence, hash: hash.to_vec() };
            let unless_there = OnConflict::column(audit_head::Column::TenantId).do_nothing().to_owned();
            audit_head::Entity::insert(row.into_active_model().reset_all())
                .on_conflict(unless_there)
                .exec_without_returning(tx)
                .await?;
            held().one(tx).await?
        }
    };
    row.map_or(Ok(BEGINNING), |row| Ok(Head { sequence: row.sequence, hash: hash(row.hash)? }))
}

/// Adds facts to the end.
pub async fn append(tx: &Tx, tenant: TenantId, facts: Vec<Fact>) -> Result<(), Error> {
    let mut head = hold_head(tx, tenant).await?;
    let mut rows = Vec::with_capacity(facts.len());
    for fact in facts {
        let entry = Entry::after(head, tenant, fact.clean());
        head = entry.head();
        rows.push(row(entry).into_active_model().reset_all());
    }
    for chunk in rows.chunks(CHUNK) {
        audit_entry::Entity::insert_many(chunk.to_vec()).exec_without_returning(tx).await?;
    }
    audit_head::Entity::update_many()
        .col_expr(audit_head::Column::Sequence, Expr::value(head.sequence))
        .col_expr(audit_head::Column::Hash, Expr::value(head.hash.to_vec()))
        .filter(audit_head::Column::TenantId.eq(tenant.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Entries, newest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    filter: &Filter,
    page: &PageRequest,
) -> Result<Page<Entry>, Error> {
    use audit_entry::Column;
    let Filter { from, to, subject, action, resource, outcome } = filter;
    let mut select =
        audit_entry::Entity::in_tenant(tenant).order_by_desc(Column::Sequence).limit(page.limit());
    if let Some(from) = from {
        select = select.filter(Column::Time.gte(*from));
    }
    if let Some(to) = to {
        select = select.filter(Column::Time.lt(*to));
    }
    if let Some(subject) = subject {
        select = select.filter(Column::Subject.eq(subject.as_str()));
    }
    if let Some(action) = action {
        select = select.filter(Column::Action.eq(action.as_str()));
    }
    if let Some(resource) = resource {
        select = select.filter(Column::Resources.contains(resource.as_str()));
    }
    if let Some(outcome) = outcome {
        select = select.filter(Column::Outcome.eq(outcome.word()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        let after: i64 = after.parse().map_err(corrupt)?;
        select = select.filter(Column::Sequence.lt(after));
    }
    let entries = select.all(db).await?.into_iter().map(Entry::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(entries, page, |last| vec![last.sequence.to_string()]))
}

/// The entries behind a place, oldest first, at most so many.
pub async fn after(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    sequence: i64,
    most: u64,
) -> Result<Vec<Entry>, Error> {
    let rows = audit_entry::Entity::in_tenant(tenant)
        .filter(audit_entry::Column::Sequence.gt(sequence))
        .order_by_asc(audit_entry::Column::Sequence)
        .limit(most)
        .all(db)
        .await?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// Where what is kept begins: the end of the newest closed segment.
pub async fn start(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Head, Error> {
    let newest = audit_segment::Entity::in_tenant(tenant)
        .order_by_desc(audit_segment::Column::LastSequence)
        .limit(1)
        .one(db)
        .await?;
    newest.map_or(Ok(BEGINNING), |row| Ok(Head { sequence: row.last_sequence, hash: hash(row.last_hash)? }))
}

/// Closed segments, newest first.
pub async fn segments(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    page: &PageRequest,
) -> Result<Page<Segment>, Error> {
    let mut select = audit_segment::Entity::in_tenant(tenant)
        .order_by_desc(audit_segment::Column::LastSequence)
        .limit(page.limit());
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        let after: i64 = after.parse().map_err(corrupt)?;
        select = select.filter(audit_segment::Column::LastSequence.lt(after));
    }
    let rows = select.all(db).await?.into_iter().map(Segment::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(rows, page, |last| vec![last.last.sequence.to_string()]))
}

/// Takes away every entry before the first one that happened at or after `keep_from`, and leaves a closed segment with
/// the last hash. None where there is nothing so old.
pub async fn close(
    tx: &Tx,
    tenant: TenantId,
    keep_from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Option<Segment>, Error> {
    use audit_entry::Column;
    let begin = start(tx, tenant).await?;
    let first_kept = audit_entry::Entity::in_tenant(tenant)
        .filter(Column::Time.gte(keep_from))
        .order_by_asc(Column::Sequence)
        .limit(1)
        .one(tx)
        .await?;
    let mut old = audit_entry::Entity::in_tenant(tenant);
    if let Some(kept) = first_kept {
        old = old.filter(Column::Sequence.lt(kept.sequence));
    }
    let Some(first) = old.clone().order_by_asc(Column::Sequence).limit(1).one(tx).await? else {
        return Ok(None);
    };
    let Some(last) = old.order_by_desc(Column::Sequence).limit(1).one(tx).await? else { return Ok(None) };
    let segment = Segment {
        first_sequence: begin.sequence + 1,
        last: Head { sequence: last.sequence, hash: hash(last.hash)? },
        first_time: first.time,
        last_time: last.time,
        close_time: now,
    };
    let row = audit_segment::Model {
        tenant_id: tenant.to_string(),
        last_sequence: segment.last.sequence,
        first_sequence: segment.first_sequence,
        first_time: segment.first_time,
        last_time: segment.last_time,
        last_hash: segment.last.hash.to_vec(),
        close_time: segment.close_time,
    };
    audit_segment::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx).await?;
    audit_entry::Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Sequence.lte(segment.last.sequence))
        .exec(tx)
        .await?;
    Ok(Some(segment))
}

fn hash(bytes: Vec<u8>) -> Result<Hash, Error> {
    bytes.try_into().map_err(|bytes: Vec<u8>| corrupt(format!("a hash has {} bytes", bytes.len())))
}

fn row(entry: Entry) -> audit_entry::Model {
    let Entry { tenant, sequence, fact, hash } = entry;
    let Fact { time, subject, action, resources, outcome, reason, request_id, trace_id, count } = fact;
    audit_entry::Model {
        tenant_id: tenant.to_string(),
        sequence,
        time,
        subject,
        action,
        resources: resources.join(" "),
        outcome: outcome.word().to_owned(),
        reason,
        request_id,
        trace_id,
        count,
        hash: hash.to_vec(),
    }
}

impl TryFrom<audit_entry::Model> for Entry {
    type Error = Error;

    fn try_from(row: audit_entry::Model) -> Result<Self, Error> {
        let audit_entry::Model {
            tenant_id,
            sequence,
            time,
            subject,
            action,
            resources,
            outcome,
            reason,
            request_id,
            trace_id,
            count,
            hash: link,
        } = row;
        let fact = Fact {
            time,
            subject,
            action,
            resources: resources.split_whitespace().map(str::to_owned).collect(),
            outcome: word(&outcome, Outcome::read)?,
            reason,
            request_id,
            trace_id,
            count,
        };
        Ok(Self { tenant: id(&tenant_id)?, sequence, fact, hash: hash(link)? })
    }
}

impl TryFrom<audit_segment::Model> for Segment {
    type Error = Error;

    fn try_from(row: audit_segment::Model) -> Result<Self, Error> {
        let audit_segment::Model {
            tenant_id: _,
            last_sequence,
            first_sequence,
            first_time,
            last_time,
            last_hash,
            close_time,
        } = row;
        let last = Head { sequence: last_sequence, hash: hash(last_hash)? };
        Ok(Self { first_sequence, last, first_time, last_time, close_time })
    }
}
