#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, json_binary, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

use super::shapes::{index, table};

/// Makes the tables of retention, and notes why people were erased.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 3] = ["retention_policy", "purge", "purge_part"];

/// People with whom there is no relation any more, in the order of their last change. The builder has no partial index
/// that both databases take.
const PAST: &str = "CREATE INDEX person_past_idx ON person (tenant_id, update_time, id) \
                    WHERE kind IN ('prospect', 'former_customer', 'candidate', 'leaver') OR employment = 'left'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [policy(), purge(), part()] {
            manager.create_table(table).await?;
        }
        let mut reason = text("reason");
        // All erasures of before were asked for.
        reason.default("request");
        manager.alter_table(Table::alter().table("erasure").add_column(reason).take()).await?;
        // What is older than any rule looks back.
        manager.create_index(index("contact_time_idx", "contact", &["tenant_id", "time"])).await?;
        manager.get_connection().execute_unprepared(PAST).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [("person_past_idx", "person"), ("contact_time_idx", "contact")] {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        manager.alter_table(Table::alter().table("erasure").drop_column("reason").take()).await?;
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn policy() -> TableCreateStatement {
    table("retention_policy", &[])
        .col(json_binary("policy"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

fn purge() -> TableCreateStatement {
    table("purge", &["id"])
        .col(text("id"))
        .col(json_binary("cutoffs"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone_null("complete_time"))
        .col(text_null("report_hash"))
        .take()
}

/// A row for each part that a service confirmed, so that one that is heard of again changes nothing.
fn part() -> TableCreateStatement {
    table("purge_part", &["purge_id", "service", "part"])
        .col(text("purge_id"))
        .col(text("service"))
        .col(integer("part"))
        .col(json_binary("counts"))
        .col(boolean("is_done"))
        .col(timestamp_with_time_zone("confirm_time"))
        .take()
}
