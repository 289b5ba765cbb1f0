#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{binary, string, text_null, timestamp_with_time_zone};

use super::Column;

/// Makes the table of request ids. Each service lists it among its own migrations.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "arki_database_request_000001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(super::Entity)
                    .col(string(Column::TenantId))
                    .col(string(Column::Method))
                    .col(string(Column::RequestId))
                    .col(binary(Column::Fingerprint))
                    .col(text_null(Column::Response))
                    .col(timestamp_with_time_zone(Column::CreateTime))
                    .primary_key(
                        Index::create().col(Column::TenantId).col(Column::Method).col(Column::RequestId),
                    )
                    .take(),
            )
            .await?;
        // The sweep goes by age over all tenants.
        manager
            .create_index(
                Index::create()
                    .name("request_id_create_time_idx")
                    .table(super::Entity)
                    .col(Column::CreateTime)
                    .take(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(super::Entity).take()).await
    }
}
