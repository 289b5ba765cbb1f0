use arki_ids::TenantId;
use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{Condition, ExprTrait, SelectModel, SelectorRaw, Statement};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wave")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub display_name: String,
    pub questionnaire_id: String,
    pub version: i32,
    pub audience: String,
    /// Ids of units as JSON.
    pub units: String,
    pub anonymity: String,
    pub is_relational: bool,
    pub state: String,
    pub open_time: Option<DateTimeUtc>,
    pub open_day: Option<Date>,
    pub time_zone: Option<String>,
    pub default_language: Option<String>,
    pub minimum_group: Option<i32>,
    pub invitations: Option<i64>,
    pub close_time: Option<DateTimeUtc>,
    /// Words by language as JSON.
    pub sender: String,
    pub results_day: Option<Date>,
    pub create_time: DateTimeUtc,
    pub update_time: DateTimeUtc,
    pub revision: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    /// Of all tenants: what the statement joins with rows that name their tenant.
    pub(in crate::storage) fn joined(statement: Statement) -> SelectorRaw<SelectModel<Model>> {
        Self::find().from_raw_sql(statement)
    }

    /// Of all tenants: the sweeper serves them all.
    pub(in crate::storage) fn due(now: DateTime<Utc>) -> Select<Self> {
        let over = Column::State.eq("open").and(Column::CloseTime.lte(now));
        Self::find().filter(Condition::any().add(over).add(Column::State.eq("closing")))
    }
}
