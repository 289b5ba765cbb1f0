//! Users and groups of identity providers.
//!
//! - `scim_user`: the resource as it was sent, beside the person of the same id, with its unique keys in columns.
//! - `scim_user_email`: every address of a user as it is looked for, since a person has but one.
//! - `scim_group` and `scim_group_member`: the same for a group. A membership is a row, so that a change of one member
//!   writes one row, however large the group is.
//!
//! A user's row is written in the transaction that writes the person.

pub mod groups;
pub mod users;

use arki_ids::TenantId;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::Value;

use super::{Error, corrupt};

/// Reads a stored resource.
fn json(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(corrupt)
}

/// Deletes the rows of a table that meet a condition.
async fn delete<E: EntityTrait>(
    db: &impl ConnectionTrait,
    tenant_column: E::Column,
    tenant: TenantId,
    condition: Condition,
) -> Result<(), Error> {
    E::delete_many().filter(tenant_column.eq(tenant.to_string())).filter(condition).exec(db).await?;
    Ok(())
}
