//! What each table holds of a person. A new table gets its line here, and a test fails until it has.

use arki_privacy::Room;

/// Every table, in the order in which a person is forgotten.
pub const ROOMS: &[Room] = &[
    Room::erased("commitment", "person_id IN ({people})"),
    Room::unlinked("goal", "owner IN ({people})", "owner = NULL, revision = revision + 1"),
    Room::unlinked("vision", "sponsor IN ({people})", "sponsor = NULL, revision = revision + 1"),
];
