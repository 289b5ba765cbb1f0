use arki_ids::TenantId;
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub(in crate::storage) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub display_name: String,
    /// Separated by spaces.
    pub scopes: String,
    pub key_hash: Vec<u8>,
    pub prefix: String,
    pub expire_time: Option<DateTimeUtc>,
    pub create_time: DateTimeUtc,
    pub last_use_time: Option<DateTimeUtc>,
    pub revoke_time: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(in crate::storage) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Entity {
    pub(in crate::storage) fn in_tenant(tenant: TenantId) -> Select<Self> {
        Self::find().filter(Column::TenantId.eq(tenant.to_string()))
    }

    /// The one finder without a tenant: whoever shows a secret is nobody yet, and the key is what tells the tenant.
    /// It can find a single row at most, by a hash that nobody can guess.
    pub(in crate::storage) fn of_hash(hash: &[u8]) -> Select<Self> {
        Self::find().filter(Column::KeyHash.eq(hash.to_vec()))
    }
}
