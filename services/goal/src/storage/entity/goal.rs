use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "goal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub vision_id: String,
    pub parent_id: Option<String>,
    pub unit_id: Option<String>,
    pub role_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub title: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub everyday_text: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub to_do: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub enough: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub not_asked: Json,
    pub owner: Option<String>,
    pub metric: Option<String>,
    pub weight: i64,
    pub state: String,
    pub revision: i64,
    pub create_time: DateTimeUtc,
    pub update_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }
}
