use sea_orm::Condition;
use sea_orm::entity::prelude::*;

use super::Once;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "request_id")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub method: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub request_id: String,
    pub fingerprint: Vec<u8>,
    /// The first result as JSON; null only inside the transaction that makes it.
    pub response: Option<String>,
    pub create_time: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(super) fn key_of(once: &Once) -> Condition {
        Condition::all()
            .add(Column::TenantId.eq(once.tenant.to_string()))
            .add(Column::Method.eq(once.method))
            .add(Column::RequestId.eq(once.request_id.as_str()))
    }

    pub(super) fn of_request(once: &Once) -> Select<Self> {
        Self::find().filter(Self::key_of(once))
    }
}
