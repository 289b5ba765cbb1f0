#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, boolean, integer, integer_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

use super::shapes::{index, table};

/// Makes the tables of webhooks.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables, those that others refer to first.
const TABLES: [&str; 5] =
    ["webhook_endpoint", "webhook_lane", "webhook_event", "webhook_delivery", "webhook_attempt"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [endpoint(), lane(), event(), delivery(), attempt()] {
            manager.create_table(table).await?;
        }
        // One event comes to an endpoint once.
        let columns = ["tenant_id", "endpoint_id", "event_id"];
        let once = index("webhook_delivery_tenant_id_endpoint_id_event_id_key", "webhook_delivery", &columns);
        manager.create_index(once.clone().unique().take()).await?;
        for (name, table, columns) in [
            // What is due at an endpoint, in its order.
            (
                "webhook_delivery_due_idx",
                "webhook_delivery",
                ["tenant_id", "endpoint_id", "state", "due_time", "id"].as_slice(),
            ),
            // The log of an endpoint, newest first.
            ("webhook_delivery_endpoint_idx", "webhook_delivery", &["tenant_id", "endpoint_id", "id"]),
            // What is to be forgotten, over all tenants.
            ("webhook_delivery_create_idx", "webhook_delivery", &["create_time"]),
            ("webhook_event_create_idx", "webhook_event", &["create_time"]),
        ] {
            manager.create_index(index(name, table, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// What goes when the row goes to which `column` refers.
fn part_of(of: &'static str, table: &'static str, column: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{table}_{column}_fkey"))
        .from(table, ("tenant_id", column))
        .to(of, ("tenant_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take()
}

fn endpoint() -> TableCreateStatement {
    table("webhook_endpoint", &["id"])
        .col(text("id"))
        .col(text("url"))
        .col(text("description"))
        .col(text("event_types"))
        .col(text("header_names"))
        .col(binary("headers"))
        .col(binary("secrets"))
        .col(integer("max_per_second"))
        .col(text_null("disabled_reason"))
        .col(timestamp_with_time_zone_null("disable_time"))
        .col(timestamp_with_time_zone_null("previous_secret_expire_time"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

/// What sending changes of an endpoint, apart from what its owner changes: neither waits for the other.
fn lane() -> TableCreateStatement {
    table("webhook_lane", &["endpoint_id"])
        .col(text("endpoint_id"))
        .col(timestamp_with_time_zone("claim_time"))
        .col(timestamp_with_time_zone("pace_time"))
        .col(timestamp_with_time_zone_null("failing_since"))
        .foreign_key(&mut part_of("webhook_endpoint", "webhook_lane", "endpoint_id"))
        .take()
}

fn event() -> TableCreateStatement {
    table("webhook_event", &["id"])
        .col(text("id"))
        .col(binary("body"))
        .col(timestamp_with_time_zone("create_time"))
        .take()
}

fn delivery() -> TableCreateStatement {
    table("webhook_delivery", &["id"])
        .col(text("id"))
        .col(text("endpoint_id"))
        .col(text("event_id"))
        .col(text("event_type"))
        .col(text("subject"))
        .col(text("state"))
        .col(integer("attempts"))
        .col(integer("tries"))
        .col(timestamp_with_time_zone("due_time"))
        .col(boolean("leased"))
        .col(big_integer("fence"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone_null("last_time"))
        .col(integer_null("last_duration_ms"))
        .col(integer_null("last_status"))
        .col(text_null("last_outcome"))
        .foreign_key(&mut part_of("webhook_endpoint", "webhook_delivery", "endpoint_id"))
        .take()
}

fn attempt() -> TableCreateStatement {
    table("webhook_attempt", &["delivery_id", "number"])
        .col(text("delivery_id"))
        .col(integer("number"))
        .col(timestamp_with_time_zone("time"))
        .col(integer("duration_ms"))
        .col(integer("status"))
        .col(text("outcome"))
        .foreign_key(&mut part_of("webhook_delivery", "webhook_attempt", "delivery_id"))
        .take()
}
