//! What each table holds of a person. A new table gets its line here, and a test fails until it has.

use arki_database::{Error, Store};
use arki_ids::{PersonId, TenantId};
use arki_privacy::Room;
use arki_proto::r#type::v1::PersonalPart;

/// Every table, in the order in which a person is forgotten. A metric has an owner, so that one whose owner was erased
/// belongs to nobody, whose id is zero, until somebody takes it.
pub const ROOMS: &[Room] = &[
    Room::unlinked(
        "metric",
        "owner_id IN ({people})",
        "owner_id = 'per_00000000000000000000000000', revision = revision + 1",
    ),
    // The reviewer is the caller's name, such as people/per_….
    Room::unlinked(
        "metric_review",
        "substr(reviewer, 8) IN ({people})",
        "reviewer = 'people/per_00000000000000000000000000'",
    ),
    Room::no_person("metric_version"),
    Room::no_person("target_profile"),
    Room::no_person("organisation_unit"),
    Room::no_person("organisation_version"),
    Room::no_person("wave"),
    Room::no_person("wave_question"),
    Room::no_person("wave_response"),
    Room::no_person("wave_invited"),
    Room::no_person("cell"),
    Room::no_person("respondents"),
    Room::no_person("released_place"),
];

/// Everything that is held of people.
pub async fn held(store: &Store, tenant: TenantId, people: &[PersonId]) -> Result<PersonalPart, Error> {
    let sections = arki_privacy::export(store.reader(), tenant, people, ROOMS).await?;
    Ok(arki_privacy::part("scorecard", sections, Vec::new()))
}
