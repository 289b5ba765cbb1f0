#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, boolean, integer, string, string_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

/// Makes the outbox. Each service lists it among its own migrations.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "arki_events_outbox_000001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("outbox")
            .col(string("tenant_id"))
            .col(string("id"))
            .col(string("aggregate"))
            .col(text("subject"))
            .col(binary("payload"))
            .col(text_null("traceparent"))
            .col(timestamp_with_time_zone("create_time"))
            .col(boolean("replay").default(false))
            .col(integer("attempts").default(0))
            .col(timestamp_with_time_zone_null("due_time"))
            .col(timestamp_with_time_zone_null("publish_time"))
            .col(string_null("publish_epoch"))
            .col(string_null("claim_mark"))
            .col(timestamp_with_time_zone_null("claim_time"))
            .primary_key(Index::create().col("tenant_id").col("id"))
            .take();
        // The order of the events of one aggregate, whose transactions follow each other. Ids would do but for
        // replicas whose clocks differ. SQLite numbers its rows anyway, and its indexes end in that number.
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        if postgres {
            table.col(big_integer("position").auto_increment());
        }
        manager.create_table(table).await?;
        // Only rows that wait are looked for, and there are few of them: these indexes stay small however long
        // published rows are kept.
        let waiting: &[&str] = if postgres {
            &[
                "CREATE INDEX outbox_waiting_idx ON outbox (position) WHERE publish_time IS NULL",
                "CREATE INDEX outbox_aggregate_idx ON outbox (tenant_id, aggregate, position) \
                 WHERE publish_time IS NULL",
            ]
        } else {
            &["CREATE INDEX outbox_aggregate_idx ON outbox (tenant_id, aggregate) WHERE publish_time IS NULL"]
        };
        let both = [
            "CREATE INDEX outbox_claim_idx ON outbox (claim_mark) WHERE claim_mark IS NOT NULL",
            // For the sweep, which goes by age. On SQLite also for the rows that wait: among equals, here those
            // without a time, an index is in the order of the rows' numbers.
            "CREATE INDEX outbox_publish_time_idx ON outbox (publish_time)",
        ];
        for index in waiting.iter().chain(&both) {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("outbox").take()).await
    }
}
