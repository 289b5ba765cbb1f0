#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, binary_null, integer, string, string_null, text, text_null,
    timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use crate::storage::entity::{campaign, delivery, message, occurrence, reader, tally};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000001_create"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [messages(), campaigns(), occurrences(), deliveries(), readers(), tallies()] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // The queue holds what waits or is being sent; what is done must not make it longer. The builder has no
        // partial index that both databases take.
        let db = manager.get_connection();
        db.execute_unprepared(
            "CREATE INDEX delivery_queue_idx ON delivery (queue_time) WHERE queue_time IS NOT NULL",
        )
        .await?;
        db.execute_unprepared(
            "CREATE INDEX delivery_held_idx ON delivery (tenant_id, campaign_id) \
             WHERE queue_time IS NULL AND state = 'pending'",
        )
        .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(tally::Entity).take()).await?;
        manager.drop_table(Table::drop().table(reader::Entity).take()).await?;
        manager.drop_table(Table::drop().table(delivery::Entity).take()).await?;
        manager.drop_table(Table::drop().table(occurrence::Entity).take()).await?;
        manager.drop_table(Table::drop().table(campaign::Entity).take()).await?;
        manager.drop_table(Table::drop().table(message::Entity).take()).await
    }
}

fn messages() -> TableCreateStatement {
    use message::{Column, Entity};
    Table::create()
        .table(Entity)
        .col(string(Column::TenantId))
        .col(string(Column::MessageId))
        .col(string(Column::Kind))
        .col(text(Column::Subject))
        .col(text(Column::Body))
        .col(text(Column::Why))
        .col(text(Column::WhatStays))
        .col(text(Column::WhereToGetHelp))
        .col(text_null(Column::Comprehension))
        .col(big_integer(Column::Revision))
        .col(timestamp_with_time_zone(Column::CreateTime))
        .col(timestamp_with_time_zone(Column::UpdateTime))
        .primary_key(Index::create().col(Column::TenantId).col(Column::MessageId))
        .take()
}

fn campaigns() -> TableCreateStatement {
    use campaign::{Column, Entity};
    Table::create()
        .table(Entity)
        .col(string(Column::TenantId))
        .col(string(Column::CampaignId))
        .col(text(Column::DisplayName))
        .col(string(Column::MessageId))
        .col(text(Column::Audience))
        .col(string(Column::LocalStart))
        .col(text(Column::Rrule))
        .col(string(Column::MissedPolicy))
        .col(string(Column::State))
        .col(string_null(Column::HomeZone))
        .col(string_null(Column::HomeLanguage))
        .col(string_null(Column::PlannedThrough))
        .col(timestamp_with_time_zone_null(Column::PlanTime))
        .col(big_integer(Column::Revision))
        .col(timestamp_with_time_zone(Column::CreateTime))
        .col(timestamp_with_time_zone(Column::UpdateTime))
        .primary_key(Index::create().col(Column::TenantId).col(Column::CampaignId))
        .take()
}

fn occurrences() -> TableCreateStatement {
    use occurrence::{Column, Entity};
    Table::create()
        .table(Entity)
        .col(string(Column::TenantId))
        .col(string(Column::CampaignId))
        .col(string(Column::Occurrence))
        .col(string(Column::MessageId))
        .col(string(Column::State))
        .col(timestamp_with_time_zone_null(Column::LeaseTime))
        .col(big_integer(Column::Recipients))
        .col(big_integer(Column::Sent))
        .primary_key(Index::create().col(Column::TenantId).col(Column::CampaignId).col(Column::Occurrence))
        .take()
}

fn deliveries() -> TableCreateStatement {
    use delivery::{Column, Entity};
    Table::create()
        .table(Entity)
        .col(string(Column::TenantId))
        .col(string(Column::CampaignId))
        .col(string(Column::DeliveryId))
        .col(string(Column::Occurrence))
        .col(string(Column::PersonId))
        .col(string(Column::MessageId))
        .col(string_null(Column::UnitId))
        .col(string(Column::Language))
        .col(timestamp_with_time_zone(Column::DueTime))
        .col(string(Column::State))
        .col(integer(Column::Attempts))
        .col(big_integer(Column::Fence))
        .col(timestamp_with_time_zone_null(Column::QueueTime))
        .col(timestamp_with_time_zone_null(Column::SentTime))
        .col(text(Column::Problem))
        .col(binary(Column::TokenHash))
        .col(binary_null(Column::TokenSecret))
        .primary_key(Index::create().col(Column::TenantId).col(Column::CampaignId).col(Column::DeliveryId))
        .take()
}

fn readers() -> TableCreateStatement {
    use reader::{Column, Entity};
    Table::create()
        .table(Entity)
        .col(string(Column::TenantId))
        .col(string(Column::MessageId))
        .col(string(Column::PersonId))
        .col(string(Column::DeliveryId))
        .col(binary(Column::Fingerprint))
        .primary_key(Index::create().col(Column::TenantId).col(Column::MessageId).col(Column::PersonId))
        .take()
}

fn tallies() -> TableCreateStatement {
    use tally::{Column, Entity};
    Table::create()
        .table(Entity)
        .col(string(Column::TenantId))
        .col(string(Column::MessageId))
        .col(string(Column::UnitId))
        .col(big_integer(Column::Answered))
        .col(big_integer(Column::Correct))
        .col(big_integer(Column::ToldAnswered))
        .col(big_integer(Column::ToldCorrect))
        .primary_key(Index::create().col(Column::TenantId).col(Column::MessageId).col(Column::UnitId))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        // The planner looks for what is next over all tenants.
        Index::create()
            .name("campaign_plan_time_idx")
            .table(campaign::Entity)
            .col(campaign::Column::PlanTime)
            .take(),
        // Exactly one delivery for each recipient and occurrence, however often it is planned.
        Index::create()
            .name("delivery_tenant_id_campaign_id_occurrence_person_id_key")
            .table(delivery::Entity)
            .col(delivery::Column::TenantId)
            .col(delivery::Column::CampaignId)
            .col(delivery::Column::Occurrence)
            .col(delivery::Column::PersonId)
            .unique()
            .take(),
        // A link leads to its page by the hash of its token.
        Index::create()
            .name("delivery_tenant_id_token_hash_key")
            .table(delivery::Entity)
            .col(delivery::Column::TenantId)
            .col(delivery::Column::TokenHash)
            .unique()
            .take(),
        // How many a message reached.
        Index::create()
            .name("delivery_tenant_id_message_id_idx")
            .table(delivery::Entity)
            .col(delivery::Column::TenantId)
            .col(delivery::Column::MessageId)
            .take(),
    ]
}
