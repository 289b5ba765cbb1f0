#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, string};

/// Keeps how many were reached whose deliveries are gone, and notes of which occurrences none is left.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "communication_000003_retention"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut key = Index::create();
        key.col("tenant_id").col("message_id").col("unit_id");
        let reached = Table::create()
            .table("reached_before")
            .col(string("tenant_id"))
            .col(string("message_id"))
            .col(string("unit_id"))
            .col(big_integer("people"))
            .primary_key(&mut key)
            .take();
        manager.create_table(reached).await?;
        let column = boolean("is_purged").default(false).take();
        manager.alter_table(Table::alter().table("occurrence").add_column(column).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("occurrence").drop_column("is_purged").take()).await?;
        manager.drop_table(Table::drop().table("reached_before").take()).await
    }
}
