use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "campaign")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub campaign_id: String,
    pub display_name: String,
    pub message_id: String,
    /// JSON.
    pub audience: String,
    pub local_start: String,
    pub rrule: String,
    pub missed_policy: String,
    pub is_critical: bool,
    pub state: String,
    pub home_zone: Option<String>,
    pub home_language: Option<String>,
    pub planned_through: Option<String>,
    /// When the next occurrence that is to be planned comes first anywhere; null where there is nothing to plan.
    pub plan_time: Option<DateTimeUtc>,
    pub revision: i64,
    pub create_time: DateTimeUtc,
    pub update_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    /// Of all tenants: the planner serves them all.
    pub(in crate::storage) fn to_plan(until: DateTimeUtc) -> Select<Self> {
        Self::find().filter(Column::State.eq("active")).filter(Column::PlanTime.lte(until))
    }
}
