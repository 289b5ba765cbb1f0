use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub endpoint_id: String,
    pub event_id: String,
    pub event_type: String,
    pub subject: String,
    pub state: String,
    pub attempts: i32,
    pub tries: i32,
    /// When it is due; while it is leased, when the lease ends.
    pub due_time: DateTimeUtc,
    pub leased: bool,
    /// Grows with each lease.
    pub fence: i64,
    pub create_time: DateTimeUtc,
    pub last_time: Option<DateTimeUtc>,
    pub last_duration_ms: Option<i32>,
    pub last_status: Option<i32>,
    pub last_outcome: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::storage) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }
}
