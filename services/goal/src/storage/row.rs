//! Columns on their way to the domain.

use arki_ids::{Id, Kind, TenantId};

pub(super) use arki_database::column::{number, parse, parse_or_none, read, signed, write};

/// The text of an id that may be none.
pub(super) fn text<K: Kind>(id: Option<Id<K>>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// The tenant column of every table.
pub(super) fn tenant(tenant: TenantId) -> String {
    tenant.to_string()
}
