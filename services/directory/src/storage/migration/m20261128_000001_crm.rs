#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, boolean, integer, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

use super::shapes::{index, table};

/// Makes the tables of what CRM systems tell, and lets accounts and outcomes name the source of their keys.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables, those that others refer to first.
const TABLES: [&str; 3] = ["crm_record", "intake_endpoint", "intake_delivery"];

/// What has a key that is unique within its source now.
const SOURCED: [&str; 2] = ["account", "outcome"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in SOURCED {
            let mut source = ColumnDef::new("source").text().not_null().default("").take();
            manager.alter_table(Table::alter().table(table).add_column(&mut source).take()).await?;
            let columns = ["tenant_id", "source", "external_id"];
            let name = format!("{table}_{}_key", columns.join("_"));
            manager.create_index(index(&name, table, &columns).unique().take()).await?;
            let before = format!("{table}_tenant_id_external_id_key");
            manager.drop_index(Index::drop().name(before).table(table).to_owned()).await?;
        }
        for table in [record(), endpoint(), delivery()] {
            manager.create_table(table).await?;
        }
        // A provider's event comes to an endpoint once.
        let columns = ["tenant_id", "endpoint_id", "event_id"];
        let once = index("intake_delivery_tenant_id_endpoint_id_event_id_key", "intake_delivery", &columns);
        manager.create_index(once.clone().unique().take()).await?;
        for (name, table, columns) in [
            // What is to be read again, in the order of pages. Few rows have a reason.
            (
                "crm_record_reread_idx",
                "crm_record",
                ["tenant_id", "reread_reason", "kind", "source", "external_id"].as_slice(),
            ),
            // What is due, over all tenants.
            ("intake_delivery_due_idx", "intake_delivery", &["state", "due_time", "id"]),
            // The log of an endpoint, newest first.
            ("intake_delivery_endpoint_idx", "intake_delivery", &["tenant_id", "endpoint_id", "id"]),
            // What waits of one record, for who is to be forgotten.
            (
                "intake_delivery_record_idx",
                "intake_delivery",
                &["tenant_id", "kind", "external_id", "endpoint_id"],
            ),
            // What is to be forgotten, over all tenants.
            ("intake_delivery_create_idx", "intake_delivery", &["create_time"]),
        ] {
            manager.create_index(index(name, table, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        for table in SOURCED {
            let columns = ["tenant_id", "external_id"];
            let name = format!("{table}_{}_key", columns.join("_"));
            manager.create_index(index(&name, table, &columns).unique().take()).await?;
            let after = format!("{table}_tenant_id_source_external_id_key");
            manager.drop_index(Index::drop().name(after).table(table).to_owned()).await?;
            manager.alter_table(Table::alter().table(table).drop_column("source").take()).await?;
        }
        Ok(())
    }
}

fn record() -> TableCreateStatement {
    table("crm_record", &["kind", "source", "external_id"])
        .col(text("kind"))
        .col(text("source"))
        .col(text("external_id"))
        .col(timestamp_with_time_zone_null("stamp_time"))
        .col(text("stamp_order"))
        .col(text("state"))
        .col(timestamp_with_time_zone_null("reread_time"))
        .col(text_null("reread_reason"))
        .take()
}

fn endpoint() -> TableCreateStatement {
    table("intake_endpoint", &["id"])
        .col(text("id"))
        .col(text("provider"))
        .col(text("source"))
        .col(text("description"))
        .col(text("organisation_id"))
        .col(text("mapping"))
        .col(binary("secrets"))
        .col(boolean("is_disabled"))
        .col(timestamp_with_time_zone_null("previous_secret_expire_time"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

fn delivery() -> TableCreateStatement {
    let mut of = ForeignKey::create()
        .name("intake_delivery_endpoint_id_fkey")
        .from("intake_delivery", ("tenant_id", "endpoint_id"))
        .to("intake_endpoint", ("tenant_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    table("intake_delivery", &["id"])
        .col(text("id"))
        .col(text("endpoint_id"))
        .col(text("event_id"))
        .col(text("kind"))
        .col(text("external_id"))
        .col(text("change"))
        .col(text("state"))
        .col(integer("tries"))
        .col(timestamp_with_time_zone("due_time"))
        .col(big_integer("fence"))
        .col(text("reason"))
        .col(text("problem"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone_null("last_time"))
        .foreign_key(&mut of)
        .take()
}
