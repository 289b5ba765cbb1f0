//! What customers did.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{AccountId, OutcomeId, TenantId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::entity::outcome::{Column, Entity, Model};
use super::{CHUNK, Error, id, optional, text, word};
use crate::domain::Outcome;
use crate::domain::outcome::{Facts, Kind};

/// One outcome.
pub async fn find(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    outcome: OutcomeId,
) -> Result<Option<Outcome>, Error> {
    let row = Entity::in_tenant(tenant).filter(Column::Id.eq(outcome.to_string())).one(db).await?;
    row.map(Outcome::try_from).transpose()
}

/// Outcomes, in the order in which they were recorded; of one account or of all.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    account: Option<AccountId>,
    page: &PageRequest,
) -> Result<Page<Outcome>, Error> {
    let mut select = Entity::in_tenant(tenant).order_by_asc(Column::Id).limit(page.limit());
    if let Some(account) = account {
        select = select.filter(Column::AccountId.eq(account.to_string()));
    }
    if let Some(after) = page.after.as_ref().and_then(|cursor| cursor.first()) {
        select = select.filter(Column::Id.gt(after.as_str()));
    }
    let outcomes = select.all(db).await?.into_iter().map(Outcome::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(outcomes, page, |last| vec![last.id.to_string()]))
}

/// The outcomes that have one of these keys of a source, and those of no source that have one nobody has there.
pub async fn with_keys(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    source: &str,
    keys: &[&str],
) -> Result<Vec<Outcome>, Error> {
    let mut outcomes = HashMap::new();
    for chunk in keys.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::Source.is_in([source, ""]))
            .filter(Column::ExternalId.is_in(chunk.iter().copied()))
            // Those of no source first, so that the others take their places.
            .order_by_asc(Column::Source)
            .all(db)
            .await?;
        for row in rows {
            outcomes.insert(row.external_id.clone(), Outcome::try_from(row)?);
        }
    }
    Ok(outcomes.into_values().collect())
}

/// Writes outcomes, new or changed.
pub async fn save(tx: &Tx, tenant: TenantId, outcomes: &[Outcome]) -> Result<(), Error> {
    for chunk in outcomes.chunks(CHUNK) {
        let rows = chunk.iter().map(|outcome| row(tenant, outcome).into_active_model().reset_all());
        let everything_else = OnConflict::columns([Column::TenantId, Column::Id])
            .update_columns([
                Column::Kind,
                Column::Time,
                Column::PersonId,
                Column::AccountId,
                Column::UnitId,
                Column::AmountMinor,
                Column::Currency,
                Column::ExternalId,
                Column::Source,
                Column::Revision,
                Column::UpdateTime,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn row(tenant: TenantId, outcome: &Outcome) -> Model {
    let Outcome { id, facts, revision, create_time, update_time } = outcome;
    let Facts { kind, time, person, account, unit, amount_minor, currency, external_id, source } = facts;
    Model {
        tenant_id: tenant.to_string(),
        id: id.to_string(),
        kind: kind.word().to_owned(),
        time: *time,
        person_id: text(*person),
        account_id: text(*account),
        unit_id: text(*unit),
        amount_minor: *amount_minor,
        currency: currency.clone(),
        external_id: external_id.clone(),
        source: source.clone(),
        revision: *revision,
        create_time: *create_time,
        update_time: *update_time,
    }
}

impl TryFrom<Model> for Outcome {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model {
            tenant_id: _,
            id: key,
            kind,
            time,
            person_id,
            account_id,
            unit_id,
            amount_minor,
            currency,
            external_id,
            source,
            revision,
            create_time,
            update_time,
        } = row;
        let facts = Facts {
            kind: word(&kind, Kind::of_word)?,
            time,
            person: optional(person_id.as_deref())?,
            account: optional(account_id.as_deref())?,
            unit: optional(unit_id.as_deref())?,
            amount_minor,
            currency,
            external_id,
            source,
        };
        Ok(Self { id: id(&key)?, facts, revision, create_time, update_time })
    }
}
