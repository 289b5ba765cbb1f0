use arki_ids::{TenantId, WaveId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "roster")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wave_id: String,
    /// Empty for those who belong to no unit.
    #[sea_orm(primary_key, auto_increment = false)]
    pub unit: String,
    pub parent: Option<String>,
    pub invited: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub fn of_wave(tenant: TenantId, wave: WaveId) -> Select<Self> {
        Self::find()
            .filter(Column::TenantId.eq(tenant.to_string()))
            .filter(Column::WaveId.eq(wave.to_string()))
    }
}
