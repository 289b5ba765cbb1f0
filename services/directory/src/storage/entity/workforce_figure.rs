use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workforce_figure")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub unit_id: String,
    /// Its first day.
    pub month: Date,
    pub kind: String,
    pub count: f64,
    pub base: f64,
    pub source: String,
    pub source_time: Option<DateTimeUtc>,
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
}
