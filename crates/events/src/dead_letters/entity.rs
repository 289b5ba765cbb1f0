use arki_ids::TenantId;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dead_letter")]
pub(super) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub consumer: String,
    pub event_id: String,
    pub subject: String,
    pub aggregate: String,
    pub payload: Vec<u8>,
    pub traceparent: Option<String>,
    pub event_time: DateTimeUtc,
    pub attempts: i32,
    pub last_error: String,
    pub create_time: DateTimeUtc,
    pub request_time: Option<DateTimeUtc>,
    pub replay_time: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(super) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(super) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    /// Of all tenants: the relay serves them all.
    pub(super) fn requested() -> Select<Self> {
        Self::find().filter(Column::RequestTime.is_not_null()).order_by_asc(Column::RequestTime)
    }
}
