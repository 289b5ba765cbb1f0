use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub campaign_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery_id: String,
    pub occurrence: String,
    pub person_id: String,
    pub message_id: String,
    /// The unit of the recipient when it was planned.
    pub unit_id: Option<String>,
    pub language: String,
    pub due_time: DateTimeUtc,
    pub state: String,
    pub attempts: i32,
    /// Counts the claims; who claimed an older one can't settle the delivery any more.
    pub fence: i64,
    /// When a sender must look at it: the time it is due, or the end of the lease of the one that sends it. Null
    /// where nothing is to be done, and while its campaign is held.
    pub queue_time: Option<DateTimeUtc>,
    pub sent_time: Option<DateTimeUtc>,
    pub problem: String,
    pub token_hash: Vec<u8>,
    /// The secret of the link, until the message is handed over or given up.
    pub token_secret: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    /// Of all tenants: the senders serve them all.
    pub(in crate::storage) fn to_send(until: DateTimeUtc) -> Select<Self> {
        Self::find().filter(Column::QueueTime.lte(until))
    }
}
