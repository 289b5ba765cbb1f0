//! What each table holds of a person, and stopping what is on its way to them. A new table gets its line here, and a
//! test fails until it has.

use arki_database::{Error, Store, Tx};
use arki_ids::{DeliveryId, PersonId, TenantId};
use arki_privacy::Room;
use arki_proto::r#type::v1::PersonalPart;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::entity::delivery::{Column, Entity};
use super::read::parsed;
use crate::domain::DeliveryState;

/// Every table, in the order in which a person is forgotten.
pub(crate) const ROOMS: &[Room] = &[
    Room::erased("reader", "person_id IN ({people})").hiding(&["fingerprint"]),
    Room::erased("delivery", "person_id IN ({people})").hiding(&[
        "token_hash",
        "token_secret",
        "fence",
        "queue_time",
    ]),
    Room::no_person("message"),
    Room::no_person("campaign"),
    Room::no_person("occurrence"),
    Room::no_person("tally"),
    Room::no_person("reached_before"),
];

/// Lets nothing more be sent to people.
pub(crate) async fn stop(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<(), Error> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(DeliveryState::Skipped.word()))
        .col_expr(Column::QueueTime, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Column::TenantId.eq(tenant.to_string()))
        .filter(Column::PersonId.is_in(people.iter().map(ToString::to_string)))
        .filter(Column::State.eq(DeliveryState::Pending.word()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Every delivery to people, with when a sender's claim on it ends where it is being sent.
pub(crate) async fn deliveries(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<Vec<(DeliveryId, Option<DateTime<Utc>>)>, Error> {
    let rows = Entity::in_tenant(tenant)
        .filter(Column::PersonId.is_in(people.iter().map(ToString::to_string)))
        .all(db)
        .await?;
    rows.into_iter()
        .map(|row| {
            let claimed = row.queue_time.filter(|_| row.state == DeliveryState::Sending.word());
            Ok((parsed(&row.delivery_id, "delivery.delivery_id")?, claimed))
        })
        .collect()
}

/// Everything that is held of people.
pub(crate) async fn held(
    store: &Store,
    tenant: TenantId,
    people: &[PersonId],
) -> Result<PersonalPart, Error> {
    let sections = arki_privacy::export(store.reader(), tenant, people, ROOMS).await?;
    Ok(arki_privacy::part("communication", sections, Vec::new()))
}

#[cfg(test)]
mod tests {
    use arki_database::Store;
    use arki_privacy::{COMMON, schema};
    use arki_test_support::{TestDatabase, on_each_database};

    use super::ROOMS;
    use crate::storage::Migrator;

    on_each_database!(every_table_says_what_it_holds_of_a_person);

    async fn every_table_says_what_it_holds_of_a_person(database: TestDatabase) {
        let store = Store::connect(&database.config).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        let wrong = schema::unclassified(store.reader(), &[ROOMS, COMMON]).await.unwrap();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
