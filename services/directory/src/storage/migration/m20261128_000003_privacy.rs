#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, json_binary, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use super::shapes::table;

/// Makes the tables of erasures.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 4] = ["erasure", "erasure_confirmation", "erased_key", "erasure_secret"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [erasure(), confirmation(), key(), secret()] {
            manager.create_table(table).await?;
        }
        let mut index = Index::create();
        // Whether somebody is erased already.
        index.name("erasure_person_idx").table("erasure").col("tenant_id").col("person_id").unique();
        manager.create_index(index).await?;
        let mut index = Index::create();
        // What is lifted together.
        index.name("erased_key_erasure_idx").table("erased_key").col("tenant_id").col("erasure_id");
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn erasure() -> TableCreateStatement {
    table("erasure", &["id"])
        .col(text("id"))
        .col(text("person_id"))
        .col(json_binary("merged"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone_null("complete_time"))
        .col(text_null("report_hash"))
        .col(timestamp_with_time_zone_null("lift_time"))
        .take()
}

fn confirmation() -> TableCreateStatement {
    table("erasure_confirmation", &["erasure_id", "service"])
        .col(text("erasure_id"))
        .col(text("service"))
        .col(json_binary("counts"))
        .col(json_binary("limits"))
        .col(timestamp_with_time_zone("confirm_time"))
        .take()
}

fn key() -> TableCreateStatement {
    table("erased_key", &["key_hash"]).col(text("key_hash")).col(text("erasure_id")).take()
}

/// What the hashes of a tenant's erased keys are made with.
fn secret() -> TableCreateStatement {
    table("erasure_secret", &[]).col(binary("secret")).take()
}
