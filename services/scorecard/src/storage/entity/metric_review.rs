use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "metric_review")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub metric_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i64,
    pub outcome: String,
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    pub next_review_day: Option<Date>,
    pub reviewer: String,
    pub create_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
