use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    pub display_name: String,
    pub default_language: String,
    pub time_zone: String,
    pub minimum_group_employees: i32,
    pub minimum_group_comments: i32,
    pub headline_metric_cap: i32,
    pub import_leavers_percent: i32,
    pub import_changed_ids_percent: i32,
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

    /// Over all tenants: for the operator's list, and for the question whether there is any.
    pub(in crate::storage) fn of_everybody() -> Select<Self> {
        Self::find()
    }
}
