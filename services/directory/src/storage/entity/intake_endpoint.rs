use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "intake_endpoint")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub provider: String,
    pub source: String,
    pub description: String,
    pub organisation_id: String,
    /// JSON.
    pub mapping: String,
    /// Sealed.
    pub secrets: Vec<u8>,
    pub is_disabled: bool,
    pub previous_secret_expire_time: Option<DateTimeUtc>,
    pub revision: i64,
    pub create_time: DateTimeUtc,
    pub update_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::storage) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    /// For whoever calls an endpoint, who says its id and not whose it is.
    pub(in crate::storage) fn anywhere() -> Select<Self> {
        Self::find()
    }
}
