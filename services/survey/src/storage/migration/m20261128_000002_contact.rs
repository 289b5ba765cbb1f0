#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, boolean, string};

/// Notes which invitations are cancelled, which waves are about the relationship, and who was not invited by a rule.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "survey_000002_contact"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("invitation", "cancelled"), ("wave", "is_relational")] {
            // Rows of before, and those of the code before, are neither.
            let column = boolean(column).default(false).take();
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        let mut key = Index::create();
        key.col("tenant_id").col("wave_id").col("reason");
        let ineligible = Table::create()
            .table("ineligible")
            .col(string("tenant_id"))
            .col(string("wave_id"))
            .col(string("reason"))
            .col(big_integer("people"))
            .primary_key(&mut key)
            .take();
        manager.create_table(ineligible).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("ineligible").take()).await?;
        for (table, column) in [("wave", "is_relational"), ("invitation", "cancelled")] {
            manager.alter_table(Table::alter().table(table).drop_column(column).take()).await?;
        }
        Ok(())
    }
}
