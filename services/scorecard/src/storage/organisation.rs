//! The units through time, as the directory told of them.

use std::collections::BTreeSet;

use arki_database::{Error, Tx};
use arki_ids::{TenantId, UnitId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::{organisation_unit, organisation_version};
use super::{CHUNK, row};
use crate::domain::tree::UnitVersion;

/// The revision of a unit that is held.
pub async fn find_revision(
    db: &impl ConnectionTrait,
    tenant: TenantId,
    unit: UnitId,
) -> Result<Option<i64>, Error> {
    let found = organisation_unit::Entity::in_tenant(tenant)
        .filter(organisation_unit::Column::UnitId.eq(unit.to_string()))
        .one(db)
        .await?;
    Ok(found.map(|unit| unit.revision))
}

/// Every unit that was heard of.
pub async fn list_known(db: &impl ConnectionTrait, tenant: TenantId) -> Result<BTreeSet<UnitId>, Error> {
    let ids: Vec<String> = organisation_unit::Entity::in_tenant(tenant)
        .select_only()
        .column(organisation_unit::Column::UnitId)
        .into_tuple()
        .all(db)
        .await?;
    ids.iter().map(|id| row::parse("organisation_unit.unit_id", id)).collect()
}

/// All versions of all units.
pub async fn list_versions(db: &impl ConnectionTrait, tenant: TenantId) -> Result<Vec<UnitVersion>, Error> {
    let rows = organisation_version::Entity::in_tenant(tenant)
        .order_by_asc(organisation_version::Column::UnitId)
        .order_by_asc(organisation_version::Column::ValidFrom)
        .all(db)
        .await?;
    rows.into_iter().map(version).collect()
}

/// Replaces what is held of a unit.
pub async fn replace(
    tx: &Tx,
    tenant: TenantId,
    unit: UnitId,
    revision: i64,
    versions: &[UnitVersion],
) -> Result<(), Error> {
    let model =
        organisation_unit::Model { tenant_id: row::tenant(tenant), unit_id: unit.to_string(), revision };
    let key = [organisation_unit::Column::TenantId, organisation_unit::Column::UnitId];
    let newer = OnConflict::columns(key).update_column(organisation_unit::Column::Revision).to_owned();
    organisation_unit::Entity::insert(model.into_active_model())
        .on_conflict(newer)
        .exec_without_returning(tx)
        .await?;
    organisation_version::Entity::delete_many()
        .filter(organisation_version::Column::TenantId.eq(row::tenant(tenant)))
        .filter(organisation_version::Column::UnitId.eq(unit.to_string()))
        .exec(tx)
        .await?;
    for chunk in versions.chunks(CHUNK) {
        let rows = chunk.iter().map(|version| model_of(tenant, version).into_active_model());
        organisation_version::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

fn version(model: organisation_version::Model) -> Result<UnitVersion, Error> {
    let organisation_version::Model { tenant_id: _, unit_id, valid_from, parent_id, display_name, valid_to } =
        model;
    Ok(UnitVersion {
        unit: row::parse("organisation_version.unit_id", &unit_id)?,
        parent: row::parse_or_none("organisation_version.parent_id", parent_id.as_deref())?,
        name: display_name,
        valid_from,
        valid_to,
    })
}

fn model_of(tenant: TenantId, version: &UnitVersion) -> organisation_version::Model {
    let UnitVersion { unit, parent, name, valid_from, valid_to } = version;
    organisation_version::Model {
        tenant_id: row::tenant(tenant),
        unit_id: unit.to_string(),
        valid_from: *valid_from,
        parent_id: row::text(*parent),
        display_name: name.clone(),
        valid_to: *valid_to,
    }
}
