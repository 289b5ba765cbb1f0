//! What each table holds of a person. A new table gets its line here, and a test fails until it has.

use arki_database::{Error, Store};
use arki_ids::{PersonId, TenantId};
use arki_privacy::Room;
use arki_proto::r#type::v1::PersonalPart;

/// Every table, in the order in which a person is forgotten.
pub const ROOMS: &[Room] = &[
    Room::erased("commitment", "person_id IN ({people})"),
    Room::unlinked("goal", "owner IN ({people})", "owner = NULL, revision = revision + 1"),
    Room::unlinked("vision", "sponsor IN ({people})", "sponsor = NULL, revision = revision + 1"),
];

/// Everything that is held of people.
pub async fn held(store: &Store, tenant: TenantId, people: &[PersonId]) -> Result<PersonalPart, Error> {
    let sections = arki_privacy::export(store.reader(), tenant, people, ROOMS).await?;
    Ok(arki_privacy::part("goal", sections, Vec::new()))
}
