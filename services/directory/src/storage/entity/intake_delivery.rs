use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "intake_delivery")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub endpoint_id: String,
    pub event_id: String,
    pub kind: String,
    pub external_id: String,
    /// JSON; empty once it is applied or given up for somebody to be forgotten.
    pub change: String,
    pub state: String,
    pub tries: i32,
    /// While it is leased, the end of the lease.
    pub due_time: DateTimeUtc,
    pub fence: i64,
    pub reason: String,
    pub problem: String,
    pub create_time: DateTimeUtc,
    pub last_time: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::storage) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }
}
