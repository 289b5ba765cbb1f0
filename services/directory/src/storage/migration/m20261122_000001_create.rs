#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, date, date_null, integer, json_binary, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

use super::shapes::{index, table};

/// Makes all tables of the directory.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables, those that others refer to first.
const TABLES: [&str; 9] =
    ["tenant", "unit", "unit_version", "role", "person", "membership", "account", "outcome", "api_key"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            tenant(),
            unit(),
            unit_version(),
            role(),
            person(),
            membership(),
            account(),
            outcome(),
            api_key(),
        ] {
            manager.create_table(table).await?;
        }
        // A key of a source system is one thing's. Rows without a key don't count: null differs from null.
        for (table, columns) in [
            ("unit", ["tenant_id", "external_id"].as_slice()),
            ("role", &["tenant_id", "external_id"]),
            ("person", &["tenant_id", "source", "external_id"]),
            ("account", &["tenant_id", "external_id"]),
            ("outcome", &["tenant_id", "external_id"]),
            // Over all tenants: whoever shows a secret doesn't say whose it is.
            ("api_key", &["key_hash"]),
        ] {
            let name = format!("{table}_{}_key", columns.join("_"));
            manager.create_index(index(&name, table, columns).unique().take()).await?;
        }
        for (name, table, columns) in [
            // What is below a unit: the tree downwards, and whether a unit is empty.
            ("unit_version_parent_idx", "unit_version", ["tenant_id", "parent_id"].as_slice()),
            // Who belongs to a unit, with the period at hand.
            ("membership_unit_idx", "membership", &["tenant_id", "unit_id", "valid_from", "person_id"]),
            ("person_email_idx", "person", &["tenant_id", "email_key", "id"]),
            // A key is looked for without its source too.
            ("person_external_id_idx", "person", &["tenant_id", "external_id", "id"]),
            // A list of one kind, in the order of its pages.
            ("person_kind_idx", "person", &["tenant_id", "kind", "id"]),
            ("outcome_account_idx", "outcome", &["tenant_id", "account_id", "id"]),
        ] {
            manager.create_index(index(name, table, columns).take()).await?;
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

/// A resource: revision and times stand in each.
fn resource(name: &'static str) -> TableCreateStatement {
    table(name, &["id"])
        .col(text("id"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

/// The periods of what lies in `of`; they go when it goes.
fn periods(name: &'static str, of: &'static str, key: &'static str) -> TableCreateStatement {
    let mut owner = ForeignKey::create()
        .name(format!("{name}_{key}_fkey"))
        .from(name, ("tenant_id", key))
        .to(of, ("tenant_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    table(name, &[key, "valid_from"])
        .col(text(key))
        .col(date("valid_from"))
        .col(date_null("valid_to"))
        .foreign_key(&mut owner)
        .take()
}

fn tenant() -> TableCreateStatement {
    table("tenant", &[])
        .col(text("display_name"))
        .col(text("default_language"))
        .col(text("time_zone"))
        .col(integer("minimum_group_employees"))
        .col(integer("minimum_group_comments"))
        .col(integer("headline_metric_cap"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

fn unit() -> TableCreateStatement {
    resource("unit").col(text_null("external_id")).take()
}

fn unit_version() -> TableCreateStatement {
    periods("unit_version", "unit", "unit_id")
        .col(text_null("parent_id"))
        .col(text("display_name"))
        .col(text_null("leader_id"))
        .take()
}

fn role() -> TableCreateStatement {
    resource("role").col(text("display_name")).col(text_null("external_id")).take()
}

fn person() -> TableCreateStatement {
    resource("person")
        .col(text("kind"))
        .col(text("display_name"))
        .col(text("email"))
        .col(text_null("email_key"))
        .col(text_null("language"))
        .col(text_null("time_zone"))
        .col(text_null("employment"))
        .col(text_null("manager_id"))
        .col(text_null("account_id"))
        .col(text_null("external_id"))
        .col(text("source"))
        .col(json_binary("attributes"))
        .take()
}

fn membership() -> TableCreateStatement {
    periods("membership", "person", "person_id").col(text("unit_id")).col(text_null("role_id")).take()
}

fn account() -> TableCreateStatement {
    resource("account")
        .col(text("display_name"))
        .col(text_null("external_id"))
        .col(text("segment"))
        .col(text_null("unit_id"))
        .take()
}

fn outcome() -> TableCreateStatement {
    resource("outcome")
        .col(text("kind"))
        .col(timestamp_with_time_zone("time"))
        .col(text_null("person_id"))
        .col(text_null("account_id"))
        .col(text_null("unit_id"))
        .col(big_integer("amount_minor"))
        .col(text("currency"))
        .col(text_null("external_id"))
        .take()
}

fn api_key() -> TableCreateStatement {
    table("api_key", &["id"])
        .col(text("id"))
        .col(text("display_name"))
        .col(text("scopes"))
        .col(binary("key_hash"))
        .col(text("prefix"))
        .col(timestamp_with_time_zone_null("expire_time"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone_null("last_use_time"))
        .col(timestamp_with_time_zone_null("revoke_time"))
        .take()
}
