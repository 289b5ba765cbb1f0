#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, date, string};

/// Finds what was kept long enough, and keeps how many had answered whose rows are gone.
pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "survey_000003_retention"
    }
}

const TABLES: [&str; 3] = ["answered_before", "purged_wave", "comments_purged"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [answered_before(), purged_wave(), comments_purged()] {
            manager.create_table(table).await?;
        }
        let mut by_day = Index::create();
        // Answers of before a day, of all waves. It grows at its end, so that an answer costs it hardly anything.
        by_day.name("response_day_idx").table("response").col("tenant_id").col("day");
        manager.create_index(by_day).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("response_day_idx").table("response").to_owned()).await?;
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// How many had answered, by unit, whose rows are gone; no unit is the empty text.
fn answered_before() -> TableCreateStatement {
    Table::create()
        .table("answered_before")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("unit"))
        .col(big_integer("answered"))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("unit"))
        .take()
}

/// Of which waves nothing of a kind is left, so that nobody looks at them again.
fn purged_wave() -> TableCreateStatement {
    Table::create()
        .table("purged_wave")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("kind"))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("kind"))
        .take()
}

/// Before which day no own words are left.
fn comments_purged() -> TableCreateStatement {
    Table::create().table("comments_purged").col(string("tenant_id").primary_key()).col(date("day")).take()
}
