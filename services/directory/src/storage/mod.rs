//! What do we store, and why.
//!
//! Our own tables, each with a primary key that begins with the tenant:
//!
//! - `tenant`: the organisations and their house rules.
//! - `unit` and `unit_version`: a unit is its identity, key and revision; everything that has a history (parent, name,
//!   leader) lies in its versions, a row for each period. The rows of a unit are written anew as a whole whenever its
//!   history changes: they are few, and so no half of a change can be left over.
//! - `role`: job roles.
//! - `person` and `membership`: the same split. A day on which a person belongs nowhere has no row.
//! - `employment`, `person_identity` and `person_attribute`: what is asked of people by day, by key of a source system
//!   and by segment. Each follows the person whenever one is written, so that no writer can forget it.
//! - `person_redirect`: where the names of people lead who turned out to be others.
//! - `attribute_definition`: which attributes there are.
//! - `serves_edge`: who serves whom. `ambassador` and `ambassador_target`: who goes ahead in units, and how many should.
//! - `account` and `outcome`: what the CRM knows. `workforce_figure`: what HR counts by unit and month, see [`workforce`].
//! - `consent`: what people said about being contacted, each as it was said. `suppression`: addresses to which nothing is
//!   sent, by hashes of the key in `contact_key`. `contact_rules`, `contact_head` and `contact`: see [`contacts`].
//! - `crm_record`, `intake_endpoint` and `intake_delivery`: see [`crm`] and [`intake`].
//! - `scim_user`, `scim_user_email`, `scim_group`, `scim_group_member`: see [`scim`].
//! - `audit_entry`, `audit_head`, `audit_segment`: who read and changed what, the end of each chain, and the last hash
//!   of what is not kept any more.
//! - `identity_provider` and `role_binding`: who else vouches for callers, and what those may do.
//! - `erasure`, `erasure_confirmation`, `erased_key` and `erasure_secret`: see [`erasures`]. What each table holds of a
//!   person says [`privacy`].
//! - `retention_policy`, `purge` and `purge_part`: see [`retention`].
//! - `api_key`: keys by the hash of their secret; the secret itself is nowhere.
//! - `webhook_…`: see [`webhooks`]. `import_…`: see [`imports`]. `pending_manager`: see [`pending_managers`].
//!
//! Besides them lie `request_id`, `outbox`, `inbox` and `dead_letter`, which `arki-database` and `arki-events` own.
//!
//! Every function takes the tenant and reaches entities through `in_tenant`, but for those that say why they can't:
//! [`api_keys::find_by_hash`], [`identity_providers::of_issuer`], [`audit::tenants`], [`tenants::list`],
//! [`intake::endpoints::find_anywhere`], [`intake::queue`], [`webhooks::queue`], [`imports::claim`], [`imports::expire`]
//! and [`imports::release_all`].

pub mod accounts;
pub mod ambassadors;
pub mod api_keys;
pub mod attributes;
pub mod audit;
pub mod consents;
pub mod contacts;
pub mod crm;
pub mod employments;
mod entity;
pub mod erasures;
pub mod identities;
pub mod identity_providers;
pub mod imports;
pub mod intake;
pub mod merges;
mod migration;
pub mod outcomes;
pub mod pending_managers;
pub mod people;
pub mod privacy;
pub mod retention;
pub mod role_bindings;
pub mod roles;
pub mod scim;
pub mod serves;
pub mod standing;
pub mod suppressions;
pub mod tenants;
pub mod units;
pub mod webhooks;
pub mod workforce;

use std::fmt::Display;
use std::str::FromStr;

use arki_database::rows;
use arki_ids::{Id, Kind};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend};
use serde::Serialize;

use crate::domain::Person;

pub use arki_database::Error;
pub use migration::Migrator;

/// Rows in one INSERT and values in one IN. A fixed size, so that the statements of a large import are prepared once;
/// times the widest table it stays well below the 32,766 values that SQLite takes.
const CHUNK: usize = 500;

/// Reads a stored id.
fn id<K: Kind>(text: &str) -> Result<Id<K>, Error> {
    text.parse().map_err(corrupt)
}

/// Reads a stored id that may be missing.
fn optional<K: Kind>(text: Option<&str>) -> Result<Option<Id<K>>, Error> {
    text.map(id).transpose()
}

/// Writes an id that may be missing.
fn text<K: Kind>(id: Option<Id<K>>) -> Option<String> {
    id.map(|id| id.to_string())
}

/// Reads a stored word.
fn word<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Error> {
    read(text).ok_or_else(|| corrupt(format!("{text:?} is no word that is known here")))
}

/// Reads a stored text of a type.
fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(corrupt)
}

/// The ids of people, as they are stored.
fn ids_of<'a>(people: impl IntoIterator<Item = &'a Person>) -> Vec<String> {
    people.into_iter().map(|person| person.id.to_string()).collect()
}

/// Rows whose column is one of these, with all of them in one parameter.
fn among<S: Serialize>(db: &impl ConnectionTrait, column: impl ColumnTrait, values: &[S]) -> Expr {
    let backend = db.get_database_backend();
    // Texts and ids become JSON without fail.
    let list = serde_json::to_string(values).unwrap_or_default();
    let (first, second) = if backend == DbBackend::Postgres { ("$1", "$2") } else { ("?", "?") };
    let sql = rows::is_among(backend, first, second);
    Expr::cust_with_exprs(sql, [Expr::col(column.as_column_ref()), Expr::val(list)])
}

fn corrupt(error: impl Display) -> Error {
    Error::Corrupt(error.to_string())
}
