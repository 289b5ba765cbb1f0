//! What people said about being contacted. Rows are added and never changed; [`erase`] alone takes them away.

use std::collections::HashMap;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId};
use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, TryInsertResult,
};

use super::entity::consent::{Column, Entity, Model};
use super::{CHUNK, Error, corrupt, id, word};
use crate::domain::consent::{Channel, Consent, Purpose, State};

/// Everything that these people said about a purpose and a channel.
pub async fn of_people(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
    purpose: Purpose,
    channel: Channel,
) -> Result<HashMap<PersonId, Vec<Consent>>, Error> {
    let mut said: HashMap<PersonId, Vec<Consent>> = HashMap::new();
    for chunk in people.chunks(CHUNK) {
        let rows = Entity::in_tenant(tenant)
            .filter(Column::PersonId.is_in(chunk.iter().map(ToString::to_string)))
            .filter(Column::Purpose.eq(purpose.word()))
            .filter(Column::Channel.eq(channel.word()))
            .all(db)
            .await?;
        for row in rows {
            let consent = Consent::try_from(row)?;
            said.entry(consent.person).or_default().push(consent);
        }
    }
    Ok(said)
}

/// What a person said, latest first.
pub async fn list(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    person: PersonId,
    page: &PageRequest,
) -> Result<Page<Consent>, Error> {
    let mut select = Entity::in_tenant(tenant)
        .filter(Column::PersonId.eq(person.to_string()))
        .order_by_desc(Column::Time)
        .order_by_asc(Column::Purpose)
        .order_by_asc(Column::Channel)
        .order_by_asc(Column::State)
        .limit(page.limit());
    if let Some([time, purpose, channel, state]) = page.after.as_deref() {
        let time: DateTime<Utc> = time.parse().map_err(corrupt)?;
        let purpose = purpose.as_str();
        let channel = channel.as_str();
        let same_time = Condition::all().add(Column::Time.eq(time));
        let further = Condition::any()
            .add(Column::Time.lt(time))
            .add(same_time.clone().add(Column::Purpose.gt(purpose)))
            .add(same_time.clone().add(Column::Purpose.eq(purpose)).add(Column::Channel.gt(channel)))
            .add(
                same_time
                    .add(Column::Purpose.eq(purpose))
                    .add(Column::Channel.eq(channel))
                    .add(Column::State.gt(state.as_str())),
            );
        select = select.filter(further);
    }
    let said = select.all(db).await?.into_iter().map(Consent::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::cut(said, page, |last| {
        vec![
            last.time.to_rfc3339_opts(SecondsFormat::Micros, true),
            last.purpose.word().to_owned(),
            last.channel.word().to_owned(),
            last.state.word().to_owned(),
        ]
    }))
}

/// Notes what people said, and tells how much of it was not there before.
pub async fn insert(tx: &Tx, tenant: TenantId, said: &[Consent]) -> Result<u64, Error> {
    let key =
        [Column::TenantId, Column::PersonId, Column::Purpose, Column::Channel, Column::Time, Column::State];
    let mut inserted = 0;
    for chunk in said.chunks(CHUNK) {
        let rows = chunk.iter().map(|consent| row(tenant, consent).into_active_model().reset_all());
        let done =
            Entity::insert_many(rows).on_conflict_do_nothing_on(key).exec_without_returning(tx).await?;
        inserted += match done {
            TryInsertResult::Inserted(rows) => rows,
            TryInsertResult::Conflicted | TryInsertResult::Empty => 0,
        };
    }
    Ok(inserted)
}

/// Gives what people said to the one whom they turned out to be.
pub async fn move_to(tx: &Tx, tenant: TenantId, survivor: PersonId, gone: &[PersonId]) -> Result<(), Error> {
    let rows = Entity::in_tenant(tenant)
        .filter(Column::PersonId.is_in(gone.iter().map(ToString::to_string)))
        .all(tx)
        .await?;
    let said = rows
        .into_iter()
        .map(|row| Ok(Consent { person: survivor, ..Consent::try_from(row)? }))
        .collect::<Result<Vec<_>, Error>>()?;
    insert(tx, tenant, &said).await?;
    for person in gone {
        erase(tx, tenant, *person).await?;
    }
    Ok(())
}

/// Takes away everything that a person said.
pub async fn erase(tx: &Tx, tenant: TenantId, person: PersonId) -> Result<(), Error> {
    Entity::delete_many()
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::PersonId.eq(person.to_string()))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(tenant: TenantId, consent: &Consent) -> Model {
    let Consent { person, purpose, channel, state, source, time, text_version } = consent;
    Model {
        tenant_id: tenant.to_string(),
        person_id: person.to_string(),
        purpose: purpose.word().to_owned(),
        channel: channel.word().to_owned(),
        time: *time,
        state: state.word().to_owned(),
        source: source.clone(),
        text_version: text_version.clone(),
    }
}

impl TryFrom<Model> for Consent {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let Model { tenant_id: _, person_id, purpose, channel, time, state, source, text_version } = row;
        Ok(Self {
            person: id(&person_id)?,
            purpose: word(&purpose, Purpose::of_word)?,
            channel: word(&channel, Channel::of_word)?,
            state: word(&state, State::of_word)?,
            source,
            time,
            text_version,
        })
    }
}
