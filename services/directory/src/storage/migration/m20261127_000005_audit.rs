#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, binary, text, timestamp_with_time_zone};

/// Makes the tables of the audit log.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 3] = ["audit_entry", "audit_head", "audit_segment"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [entry(), head(), segment()] {
            manager.create_table(table).await?;
        }
        for (name, column) in [
            // What one caller did, newest first.
            ("audit_entry_subject_idx", "subject"),
            // Where a span of time begins, and what is older than is kept.
            ("audit_entry_time_idx", "time"),
        ] {
            let mut index = Index::create();
            index.name(name).table("audit_entry").col("tenant_id").col(column).col("sequence");
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn table(name: &'static str, key: Option<&'static str>) -> TableCreateStatement {
    let mut primary = Index::create();
    primary.col("tenant_id");
    if let Some(key) = key {
        primary.col(key);
    }
    Table::create().table(name).col(text("tenant_id")).primary_key(&mut primary).take()
}

fn entry() -> TableCreateStatement {
    table("audit_entry", Some("sequence"))
        .col(big_integer("sequence"))
        .col(timestamp_with_time_zone("time"))
        .col(text("subject"))
        .col(text("action"))
        .col(text("resources"))
        .col(text("outcome"))
        .col(text("reason"))
        .col(text("request_id"))
        .col(text("trace_id"))
        .col(big_integer("count"))
        .col(binary("hash"))
        .take()
}

/// The end of each chain: without it nobody would miss the newest entries.
fn head() -> TableCreateStatement {
    table("audit_head", None).col(big_integer("sequence")).col(binary("hash")).take()
}

fn segment() -> TableCreateStatement {
    table("audit_segment", Some("last_sequence"))
        .col(big_integer("last_sequence"))
        .col(big_integer("first_sequence"))
        .col(timestamp_with_time_zone("first_time"))
        .col(timestamp_with_time_zone("last_time"))
        .col(binary("last_hash"))
        .col(timestamp_with_time_zone("close_time"))
        .take()
}
