use arki_ids::TenantId;
use sea_orm::entity::prelude::*;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize)]
#[sea_orm(table_name = "person")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub display_name: String,
    pub email: String,
    /// The address as it is looked for; null where there is none.
    pub email_key: Option<String>,
    /// The name as it is compared; null only where it was not written since it is compared.
    pub name_key: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub employment: Option<String>,
    pub manager_id: Option<String>,
    pub account_id: Option<String>,
    pub external_id: Option<String>,
    pub source: String,
    pub attributes: Json,
    pub revision: i64,
    #[serde(serialize_with = "arki_database::rows::time")]
    pub create_time: DateTimeUtc,
    #[serde(serialize_with = "arki_database::rows::time")]
    pub update_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::storage) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }
}
