#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, json_binary, string, string_null, text, timestamp_with_time_zone,
};

/// Makes the tables of visions, goals and commitments.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(vision()).await?;
        manager.create_table(goal()).await?;
        manager.create_table(commitment()).await?;
        for index in [
            // However many activate at once, one vision is in force.
            "CREATE UNIQUE INDEX vision_in_force_key ON vision (tenant_id) WHERE state = 'active'",
            // Lists go through one of these filters in the order of the ids.
            "CREATE INDEX goal_vision_idx ON goal (tenant_id, vision_id, id)",
            "CREATE INDEX goal_parent_idx ON goal (tenant_id, parent_id, id)",
            "CREATE INDEX goal_unit_idx ON goal (tenant_id, unit_id, id)",
            // A person's own list, newest first.
            "CREATE INDEX commitment_person_idx ON commitment (tenant_id, person_id, update_time, goal_id)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["commitment", "goal", "vision"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn vision() -> TableCreateStatement {
    Table::create()
        .table("vision")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(json_binary("statement"))
        .col(json_binary("customer_meaning"))
        .col(json_binary("staff_meaning"))
        .col(text("strategy_reference"))
        .col(string_null("sponsor"))
        .col(string("state"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .take()
}

fn goal() -> TableCreateStatement {
    Table::create()
        .table("goal")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(string("vision_id"))
        .col(string_null("parent_id"))
        .col(string_null("unit_id"))
        .col(string_null("role_id"))
        .col(json_binary("title"))
        .col(json_binary("everyday_text"))
        .col(json_binary("to_do"))
        .col(json_binary("enough"))
        .col(json_binary("not_asked"))
        .col(string_null("owner"))
        .col(string_null("metric"))
        .col(big_integer("weight"))
        .col(string("state"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(
            ForeignKey::create()
                .name("goal_vision_fkey")
                .from("goal", ("tenant_id", "vision_id"))
                .to("vision", ("tenant_id", "id")),
        )
        .foreign_key(
            ForeignKey::create()
                .name("goal_parent_fkey")
                .from("goal", ("tenant_id", "parent_id"))
                .to("goal", ("tenant_id", "id")),
        )
        .take()
}

fn commitment() -> TableCreateStatement {
    Table::create()
        .table("commitment")
        .col(string("tenant_id"))
        .col(string("goal_id"))
        .col(string("person_id"))
        .col(string("state"))
        .col(text("own_words"))
        .col(text("objection"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(Index::create().col("tenant_id").col("goal_id").col("person_id"))
        .foreign_key(
            ForeignKey::create()
                .name("commitment_goal_fkey")
                .from("commitment", ("tenant_id", "goal_id"))
                .to("goal", ("tenant_id", "id")),
        )
        .take()
}
