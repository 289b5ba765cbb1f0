#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    binary, integer, string, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

/// Makes the inbox and the table of dead letters. Each service lists it among its own migrations.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "arki_events_inbox_000001"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let inbox = Table::create()
            .table("inbox")
            .col(string("tenant_id"))
            .col(string("consumer"))
            .col(string("event_id"))
            .col(timestamp_with_time_zone("create_time"))
            .primary_key(Index::create().col("tenant_id").col("consumer").col("event_id"))
            .take();
        manager.create_table(inbox).await?;
        let dead_letter = Table::create()
            .table("dead_letter")
            .col(string("tenant_id"))
            .col(string("id"))
            .col(string("consumer"))
            .col(string("event_id"))
            .col(text("subject"))
            .col(string("aggregate"))
            .col(binary("payload"))
            .col(text_null("traceparent"))
            .col(timestamp_with_time_zone("event_time"))
            .col(integer("attempts"))
            .col(text("last_error"))
            .col(timestamp_with_time_zone("create_time"))
            .col(timestamp_with_time_zone_null("request_time"))
            .col(timestamp_with_time_zone_null("replay_time"))
            .primary_key(Index::create().col("tenant_id").col("id"))
            .take();
        manager.create_table(dead_letter).await?;
        let db = manager.get_connection();
        for index in [
            // The sweep goes by age.
            "CREATE INDEX inbox_create_time_idx ON inbox (create_time)",
            // An event that fails a consumer once more is the same dead letter.
            "CREATE UNIQUE INDEX dead_letter_tenant_id_consumer_event_id_key \
             ON dead_letter (tenant_id, consumer, event_id)",
            // The relay looks for the few that an operator asked to replay.
            "CREATE INDEX dead_letter_request_idx ON dead_letter (request_time) WHERE request_time IS NOT NULL",
        ] {
            db.execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("dead_letter").take()).await?;
        manager.drop_table(Table::drop().table("inbox").take()).await
    }
}
