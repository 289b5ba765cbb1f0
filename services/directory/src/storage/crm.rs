//! What do we store of what CRM systems told, and why.
//!
//! `crm_record`: for each key of a source, how new the last is that was applied, as a whole and by field, and the values
//! that came by webhook, as they came: an event that comes later and is older must lose, and a name of two properties
//! must be put together when only one of them changes. Keys of which nothing needs to be remembered have no row.

use std::collections::{BTreeMap, HashMap};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait as _, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::{Deserialize, Serialize};

use super::entity::crm_record::{Column, Entity, Model};
use super::entity::{intake_delivery, intake_endpoint, outcome, person_attribute, person_identity};
use super::{CHUNK, Error, corrupt, id, word};
use crate::domain::crm::{Kind, Record, RereadReason, Stamp};

/// A record that must be read in its source again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToReread {
    pub kind: Kind,
    pub source: String,
    pub external_id: String,
    pub reason: RereadReason,
    pub since: DateTime<Utc>,
}

/// What lies in the column `state`.
#[derive(Serialize, Deserialize)]
struct State {
    #[serde(rename = "f", default, skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, Stamp>,
    #[serde(rename = "p", default, skip_serializing_if = "BTreeMap::is_empty")]
    properties: BTreeMap<String, (String, Stamp)>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    deleted: Option<(bool, Stamp)>,
}

/// What is remembered of keys of a source, by key.
pub async fn records(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    kind: Kind,
    source: &str,
    keys: &[&str],
) -> Result<HashMap<String, Record>, Error> {
    let mut records = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::Kind.eq(kind.word()))
            .filter(Column::Source.eq(source))
            .filter(Column::ExternalId.is_in(chunk.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            let (_, key, record) = read(row)?;
            records.insert(key, record);
        }
    }
    Ok(records)
}

/// Writes what is remembered, by key.
pub async fn save(
    tx: &Tx,
    tenant: TenantId,
    kind: Kind,
    source: &str,
    records: BTreeMap<String, Record>,
) -> Result<(), Error> {
    let rows: Vec<_> = records
        .into_iter()
        .map(|(key, record)| Ok(row(tenant, kind, source, key, record)?.into_active_model().reset_all()))
        .collect::<Result<_, Error>>()?;
    for chunk in rows.chunks(CHUNK) {
        let everything_else =
            OnConflict::columns([Column::TenantId, Column::Kind, Column::Source, Column::ExternalId])
                .update_columns([
                    Column::StampTime,
                    Column::StampOrder,
                    Column::State,
                    Column::RereadTime,
                    Column::RereadReason,
                ])
                .to_owned();
        Entity::insert_many(chunk.to_vec()).on_conflict(everything_else).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// What must be read in its source again, of one source or of all; by kind, source and key.
pub async fn to_reread(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: Option<&str>,
    page: &PageRequest,
) -> Result<Page<ToReread>, Error> {
    let mut select = Entity::in_tenant(tenant)
        .filter(Column::RereadReason.is_not_null())
        .order_by_asc(Column::Kind)
        .order_by_asc(Column::Source)
        .order_by_asc(Column::ExternalId)
        .limit(page.limit());
    if let Some(source) = source {
        select = select.filter(Column::Source.eq(source));
    }
    if let Some([kind, source, key]) = page.after.as_deref() {
        let place = Expr::tuple([Column::Kind, Column::Source, Column::ExternalId].map(Expr::col));
        let after = Expr::tuple([kind, source, key].map(|text| Expr::value(text.as_str())));
        select = select.filter(place.gt(after));
    }
    let read = |row: Model| {
        let (kind, source) = (word(&row.kind, Kind::of_word)?, row.source.clone());
        let (_, external_id, record) = read(row)?;
        let (since, reason) = record.reread.ok_or_else(|| corrupt("a reason without a time"))?;
        Ok(ToReread { kind, source, external_id, reason, since })
    };
    let found = select.all(db).await?.into_iter().map(read).collect::<Result<Vec<_>, Error>>()?;
    Ok(Page::cut(found, page, |last| {
        vec![last.kind.word().to_owned(), last.source.clone(), last.external_id.clone()]
    }))
}

/// Who has each of these keys of a source, as the primary or as a further one.
pub async fn owners(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
    keys: &[&str],
) -> Result<HashMap<String, PersonId>, Error> {
    let mut owners = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let rows: Vec<(String, String)> = person_identity::Entity::in_tenant(tenant)
            .select_only()
            .columns([person_identity::Column::ExternalId, person_identity::Column::PersonId])
            .filter(person_identity::Column::Source.eq(source))
            .filter(person_identity::Column::ExternalId.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        for (key, person) in rows {
            owners.insert(key, id(&person)?);
        }
    }
    Ok(owners)
}

/// Who has any of these values of attributes that are keys, by attribute and value.
pub async fn holders(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    wanted: &[(String, String)],
) -> Result<HashMap<(String, String), PersonId>, Error> {
    use person_attribute::Column;
    let mut holders = HashMap::new();
    for chunk in wanted.chunks(CHUNK) {
        let any = chunk.iter().fold(Condition::any(), |any, (key, value)| {
            any.add(Column::Key.eq(key.as_str()).and(Column::KeyValue.eq(value.as_str())))
        });
        for row in person_attribute::Entity::in_tenant(tenant).filter(any).all(db).await? {
            holders.insert((row.key, row.value), id(&row.person_id)?);
        }
    }
    Ok(holders)
}

/// Forgets what CRM systems told of a person: what is remembered of the keys of the person and of what the person did, and
/// what waits of them. To be called before those keys are forgotten themselves. Returns how many rows held anything.
///
/// What was applied stays known by the ids of its events alone, so that the source can't tell it again.
pub async fn erase(tx: &Tx, tenant: TenantId, person: PersonId) -> Result<u64, Error> {
    let of_person: Vec<(String, String)> = person_identity::Entity::in_tenant(tenant)
        .select_only()
        .columns([person_identity::Column::Source, person_identity::Column::ExternalId])
        .filter(person_identity::Column::PersonId.eq(person.to_string()))
        .into_tuple()
        .all(tx)
        .await?;
    let of_outcomes: Vec<(String, String)> = outcome::Entity::in_tenant(tenant)
        .select_only()
        .columns([outcome::Column::Source, outcome::Column::ExternalId])
        .filter(outcome::Column::PersonId.eq(person.to_string()))
        .filter(outcome::Column::ExternalId.is_not_null())
        .into_tuple()
        .all(tx)
        .await?;
    let mut erased = 0;
    for (kind, pairs) in [(Kind::Person, of_person), (Kind::Outcome, of_outcomes)] {
        for (source, key) in pairs {
            erased += erase_key(tx, tenant, kind, &source, &key).await?;
        }
    }
    Ok(erased)
}

async fn erase_key(tx: &Tx, tenant: TenantId, kind: Kind, source: &str, key: &str) -> Result<u64, Error> {
    let remembered = Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Kind.eq(kind.word()))
        .filter(Column::Source.eq(source))
        .filter(Column::ExternalId.eq(key))
        .exec(tx)
        .await?;
    let endpoints: Vec<String> = intake_endpoint::Entity::in_tenant(tenant)
        .select_only()
        .column(intake_endpoint::Column::Id)
        .filter(intake_endpoint::Column::Source.eq(source))
        .into_tuple()
        .all(tx)
        .await?;
    // What waits is taken as done, with nothing in it.
    let waiting = intake_delivery::Entity::update_many()
        .col_expr(intake_delivery::Column::State, Expr::value("done"))
        .col_expr(intake_delivery::Column::Change, Expr::value(""))
        .col_expr(intake_delivery::Column::ExternalId, Expr::value(""))
        .col_expr(intake_delivery::Column::Problem, Expr::value(""))
        .col_expr(intake_delivery::Column::Fence, Expr::col(intake_delivery::Column::Fence).add(1))
        .filter(intake_delivery::Column::TenantId.eq(tenant.to_string()))
        .filter(intake_delivery::Column::Kind.eq(kind.word()))
        .filter(intake_delivery::Column::ExternalId.eq(key))
        .filter(intake_delivery::Column::EndpointId.is_in(endpoints))
        .exec(tx)
        .await?;
    Ok(remembered.rows_affected + waiting.rows_affected)
}

fn row(tenant: TenantId, kind: Kind, source: &str, key: String, record: Record) -> Result<Model, Error> {
    let Record { stamp, fields, properties, deleted, reread } = record;
    let state = serde_json::to_string(&State { fields, properties, deleted }).map_err(corrupt)?;
    Ok(Model {
        tenant_id: tenant.to_string(),
        kind: kind.word().to_owned(),
        source: source.to_owned(),
        external_id: key,
        stamp_time: stamp.as_ref().map(|stamp| stamp.time),
        stamp_order: stamp.map(|stamp| stamp.order).unwrap_or_default(),
        state,
        reread_time: reread.map(|(since, _)| since),
        reread_reason: reread.map(|(_, reason)| reason.word().to_owned()),
    })
}

fn read(row: Model) -> Result<(Kind, String, Record), Error> {
    let Model {
        tenant_id: _,
        kind,
        source: _,
        external_id,
        stamp_time,
        stamp_order,
        state,
        reread_time,
        reread_reason,
    } = row;
    let State { fields, properties, deleted } = serde_json::from_str(&state).map_err(corrupt)?;
    let reason = reread_reason.map(|reason| word(&reason, RereadReason::of_word)).transpose()?;
    let record = Record {
        stamp: stamp_time.map(|time| Stamp { time, order: stamp_order }),
        fields,
        properties,
        deleted,
        reread: reread_time.zip(reason),
    };
    Ok((word(&kind, Kind::of_word)?, external_id, record))
}
