//! Who is contacted when: the rules of a tenant, and the ledger that surveys and messages share.
//!
//! A row of the ledger is a place that is kept until the end of its lease, or for good once the contact takes place.
//! Whoever counts the contacts of people holds their heads; see [`hold`].

use std::collections::{HashMap, HashSet};

use arki_database::Tx;
use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::entity::contact::{Column, Entity, Model};
use super::entity::{contact_head, contact_rules};
use super::{CHUNK, Error, corrupt, id, word};
use crate::domain::consent::{Channel, Purpose};
use crate::domain::contact::{Contact, Rules};

/// How long contacts are kept that took place: longer than the longest window and quarantine.
const KEPT: TimeDelta = TimeDelta::days(400);

/// A place in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub person: PersonId,
    pub reservation: String,
    pub channel: Channel,
    pub contact: Contact,
    /// None once the contact takes place.
    pub lease_end: Option<DateTime<Utc>>,
}

/// The rules of a tenant; the defaults where it has none of its own.
pub async fn rules(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Rules, Error> {
    let Some(row) = contact_rules::Entity::in_tenant(tenant).one(db).await? else {
        return Ok(Rules::default());
    };
    serde_json::from_value(row.rules).map_err(corrupt)
}

/// Writes the rules of a tenant.
pub async fn save_rules(tx: &Tx, tenant: TenantId, rules: &Rules, now: DateTime<Utc>) -> Result<(), Error> {
    use contact_rules::Column;
    let row = contact_rules::Model {
        tenant_id: tenant.to_string(),
        rules: serde_json::to_value(rules).map_err(corrupt)?,
        revision: rules.revision,
        update_time: now,
    };
    let everything_else = OnConflict::column(Column::TenantId)
        .update_columns([Column::Rules, Column::Revision, Column::UpdateTime])
        .to_owned();
    let row = row.into_active_model().reset_all();
    contact_rules::Entity::insert(row).on_conflict(everything_else).exec_without_returning(tx).await?;
    Ok(())
}

/// Who of these people has no head yet, in the order of the ids.
pub async fn without_head(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<Vec<PersonId>, Error> {
    let mut known = HashSet::new();
    for chunk in people.chunks(CHUNK) {
        let found = contact_head::Entity::in_tenant(tenant)
            .filter(contact_head::Column::PersonId.is_in(chunk.iter().map(ToString::to_string)))
            .all(db)
            .await?;
        known.extend(found.into_iter().map(|row| row.person_id));
    }
    let mut missing: Vec<_> =
        people.iter().copied().filter(|person| !known.contains(&person.to_string())).collect();
    missing.sort_unstable();
    Ok(missing)
}

/// Makes the heads of people, who come in the order of their ids. In a transaction of its own: one that holds heads and
/// waits for new ones of another could wait in a circle.
pub async fn insert_heads(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<(), Error> {
    use contact_head::Column;
    for chunk in people.chunks(CHUNK) {
        let rows = chunk.iter().map(|person| {
            let row = contact_head::Model { tenant_id: tenant.to_string(), person_id: person.to_string() };
            row.into_active_model().reset_all()
        });
        contact_head::Entity::insert_many(rows)
            .on_conflict_do_nothing_on([Column::TenantId, Column::PersonId])
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Holds the heads of people until the end of the transaction, and tells whose were there. `people` come in the order
/// of their ids, in which everybody takes them: so two never wait for each other in a circle. On SQLite the one writer
/// holds everything anyway.
pub async fn hold(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<HashSet<PersonId>, Error> {
    let mut held = HashSet::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        let rows = contact_head::Entity::in_tenant(tenant)
            .filter(contact_head::Column::PersonId.is_in(chunk.iter().map(ToString::to_string)))
            .order_by_asc(contact_head::Column::PersonId)
            .lock_exclusive()
            .all(tx)
            .await?;
        for row in rows {
            held.insert(id(&row.person_id)?);
        }
    }
    Ok(held)
}

/// A contact after which there was another one. The last one stays until it goes by time, since it tells for how long
/// nobody was heard of.
const NOT_LAST: &str = "EXISTS (SELECT 1 FROM contact AS later WHERE later.tenant_id = contact.tenant_id \
                        AND later.person_id = contact.person_id AND later.\"time\" > contact.\"time\" \
                        AND later.lease_end IS NULL)";

/// Forgets places of people whose lease is over, and contacts that no rule looks at any more, but for the last one.
pub async fn forget_lapsed(
    tx: &Tx,
    tenant: TenantId,
    people: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    for chunk in people.chunks(CHUNK) {
        let old = Condition::all().add(Column::Time.lt(now - KEPT)).add(Expr::cust(NOT_LAST));
        Entity::delete_many()
            .filter(Column::TenantId.eq(tenant.to_string()))
            .filter(Column::PersonId.is_in(chunk.iter().map(ToString::to_string)))
            .filter(Condition::any().add(Column::LeaseEnd.lte(now)).add(old))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// The places of people, by person.
pub async fn of_people(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<HashMap<PersonId, Vec<Place>>, Error> {
    let mut found: HashMap<PersonId, Vec<Place>> = HashMap::new();
    for chunk in people.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::PersonId.is_in(chunk.iter().map(ToString::to_string)))
            .all(db)
            .await?;
        for row in rows {
            let place = Place::try_from(row)?;
            found.entry(place.person).or_default().push(place);
        }
    }
    Ok(found)
}

/// Writes places; one of the same person under the same reservation becomes the new one.
pub async fn save(tx: &Tx, tenant: TenantId, places: &[Place]) -> Result<(), Error> {
    for chunk in places.chunks(CHUNK) {
        let rows = chunk.iter().map(|place| row(tenant, place).into_active_model().reset_all());
        let again = OnConflict::columns([Column::TenantId, Column::PersonId, Column::Reservation])
            .update_columns([
                Column::Purpose,
                Column::Channel,
                Column::Time,
                Column::IsRelational,
                Column::LeaseEnd,
            ])
            .to_owned();
        Entity::insert_many(rows).on_conflict(again).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Takes away the places of people under a reservation.
pub async fn delete(tx: &Tx, tenant: TenantId, reservation: &str, people: &[PersonId]) -> Result<(), Error> {
    for chunk in people.chunks(CHUNK) {
        Entity::delete_many()
            .filter(Column::TenantId.eq(tenant.to_string()))
            .filter(Column::PersonId.is_in(chunk.iter().map(ToString::to_string)))
            .filter(Column::Reservation.eq(reservation))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Lets the places of a reservation stay whose lease had not ended at a time: what had ended before was of an attempt
/// that came to nothing.
pub async fn confirm(tx: &Tx, tenant: TenantId, reservation: &str, time: DateTime<Utc>) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::LeaseEnd, Expr::value(None::<DateTime<Utc>>))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Reservation.eq(reservation))
        .filter(Column::LeaseEnd.gt(time))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes away what a reservation keeps and was not confirmed.
pub async fn release(tx: &Tx, tenant: TenantId, reservation: &str) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::Reservation.eq(reservation))
        .filter(Column::LeaseEnd.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives the contacts of people to the one whom they turned out to be.
pub async fn move_to(tx: &Tx, tenant: TenantId, survivor: PersonId, gone: &[PersonId]) -> Result<(), Error> {
    let theirs = of_people(tx, tenant, gone).await?;
    let moved: Vec<_> =
        theirs.into_values().flatten().map(|place| Place { person: survivor, ..place }).collect();
    // One at a time: two of those that are gone may have a place under the same reservation.
    for place in &moved {
        save(tx, tenant, std::slice::from_ref(place)).await?;
    }
    for person in gone {
        erase(tx, tenant, *person).await?;
    }
    Ok(())
}

/// Takes away every contact of a person. Whoever is about to reserve one finds nobody.
pub async fn erase(tx: &Tx, tenant: TenantId, person: PersonId) -> Result<(), Error> {
    contact_head::Entity::delete_many()
        .filter(contact_head::Column::TenantId.eq(tenant.to_string()))
        .filter(contact_head::Column::PersonId.eq(person.to_string()))
        .exec(tx)
        .await?;
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::PersonId.eq(person.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(tenant: TenantId, place: &Place) -> Model {
    let Place { person, reservation, channel, contact, lease_end } = place;
    let Contact { time, purpose, is_relational } = contact;
    Model {
        tenant_id: tenant.to_string(),
        person_id: person.to_string(),
        reservation: reservation.clone(),
        purpose: purpose.word().to_owned(),
        channel: channel.word().to_owned(),
        time: *time,
        is_relational: *is_relational,
        lease_end: *lease_end,
    }
}

impl TryFrom<Model> for Place {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model { tenant_id: _, person_id, reservation, purpose, channel, time, is_relational, lease_end } =
            row;
        let purpose = word(&purpose, Purpose::of_word)?;
        Ok(Self {
            person: id(&person_id)?,
            reservation,
            channel: word(&channel, Channel::of_word)?,
            contact: Contact { time, purpose, is_relational },
            lease_end,
        })
    }
}
