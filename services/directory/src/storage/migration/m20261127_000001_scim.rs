#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone};

use super::shapes::index;

/// Makes the tables of SCIM.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const TABLES: [&str; 4] = ["scim_user", "scim_user_email", "scim_group", "scim_group_member"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let emails = keys("scim_user_email", ["email_key", "user_id"]);
        let members = keys("scim_group_member", ["group_id", "user_id"]);
        for table in
            [resource("scim_user", "user_name"), emails, resource("scim_group", "display_name"), members]
        {
            manager.create_table(table).await?;
        }
        for (table, column) in [
            ("scim_user", "user_name"),
            ("scim_user", "external_id"),
            ("scim_group", "display_name"),
            ("scim_group", "external_id"),
        ] {
            let name = format!("{table}_tenant_id_{column}_key");
            manager.create_index(index(&name, table, &["tenant_id", column]).unique().take()).await?;
        }
        for (name, table) in [
            // The addresses of a user, when they are written anew.
            ("scim_user_email_user_idx", "scim_user_email"),
            // The groups of a user.
            ("scim_group_member_user_idx", "scim_group_member"),
        ] {
            manager.create_index(index(name, table, &["tenant_id", "user_id"]).take()).await?;
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

fn resource(name: &'static str, unique: &'static str) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(text("tenant_id"))
        .col(text("id"))
        .col(text(unique))
        .col(text_null("external_id"))
        .col(text("resource"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .take()
}

fn keys(name: &'static str, key: [&'static str; 2]) -> TableCreateStatement {
    Table::create()
        .table(name)
        .col(text("tenant_id"))
        .col(text(key[0]))
        .col(text(key[1]))
        .primary_key(Index::create().col("tenant_id").col(key[0]).col(key[1]))
        .take()
}
