//! Writing people, with everything that is found by other tables.

use arki_database::Tx;
use arki_ids::TenantId;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::super::entity::{membership, person};
use super::super::{CHUNK, Error, attributes, employments, identities, tenants};
use super::rows;
use crate::domain::Person;

/// Writes people, new or changed, with all their places.
pub async fn save(tx: &Tx, tenant: TenantId, people: &[Person]) -> Result<(), Error> {
    for chunk in people.chunks(CHUNK) {
        let rows = chunk.iter().map(|person| rows::row(tenant, person).into_active_model().reset_all());
        let everything_else = OnConflict::columns([person::Column::TenantId, person::Column::Id])
            .update_columns([
                person::Column::Kind,
                person::Column::DisplayName,
                person::Column::Email,
                person::Column::EmailKey,
                person::Column::NameKey,
                person::Column::Language,
                person::Column::TimeZone,
                person::Column::Employment,
                person::Column::ManagerId,
                person::Column::AccountId,
                person::Column::ExternalId,
                person::Column::Source,
                person::Column::Attributes,
                person::Column::Revision,
                person::Column::UpdateTime,
            ])
            .to_owned();
        person::Entity::insert_many(rows).on_conflict(everything_else).exec_without_returning(tx).await?;
        membership::Entity::delete_many()
            .filter(membership::Column::TenantId.eq(tenant.to_string()))
            .filter(membership::Column::PersonId.is_in(chunk.iter().map(|person| person.id.to_string())))
            .exec(tx)
            .await?;
    }
    let places: Vec<_> = people.iter().flat_map(|person| rows::places(tenant, person)).collect();
    for chunk in places.chunks(CHUNK) {
        let rows = chunk.iter().map(|row| row.clone().into_active_model().reset_all());
        membership::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    identities::follow(tx, tenant, people).await?;
    attributes::index(tx, tenant, people).await?;
    // A day is counted where the tenant is. People are written at one time, so the newest tells the day for all.
    let written = people.iter().map(|person| person.update_time).max();
    if let (Some(time), Some(tenant)) = (written, tenants::find(tx, tenant).await?) {
        employments::follow(tx, tenant.id, people, tenant.day_of(time)).await?;
    }
    Ok(())
}
