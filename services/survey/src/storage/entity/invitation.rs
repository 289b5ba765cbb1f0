use arki_ids::{TenantId, WaveId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub wave_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub person: String,
    pub unit: Option<String>,
    pub role: Option<String>,
    pub language: String,
    /// Null once the link was destroyed.
    pub token_hash: Option<String>,
    /// Null without an answer, and once the link was destroyed.
    pub fingerprint: Option<String>,
    pub opened: bool,
    pub submitted: bool,
    pub cancelled: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    pub fn of_wave(tenant: TenantId, wave: WaveId) -> Select<Self> {
        Self::in_tenant(tenant).filter(Column::WaveId.eq(wave.to_string()))
    }
}
