#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, date, date_null, integer, json_binary, text, timestamp_with_time_zone,
};

use super::shapes::index;

/// Makes the tables of who serves whom, and of ambassadors.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let serves = resource("serves_edge")
            .col(text("from_party"))
            .col(text("to_party"))
            .col(json_binary("words"))
            .take();
        let ambassador = resource("ambassador")
            .col(text("person_id"))
            .col(text("unit_id"))
            .col(integer("hours_per_month"))
            .col(date("since"))
            .col(date_null("until"))
            .take();
        let mut key = Index::create();
        key.col("tenant_id");
        let target = Table::create()
            .table("ambassador_target")
            .col(text("tenant_id"))
            .col(integer("people_per_ambassador"))
            .primary_key(&mut key)
            .take();
        for table in [serves, ambassador, target] {
            manager.create_table(table).await?;
        }
        for (table, columns) in [
            // One serves another once.
            ("serves_edge", ["tenant_id", "from_party", "to_party"].as_slice()),
            // A person begins once in a unit on a day.
            ("ambassador", &["tenant_id", "person_id", "unit_id", "since"]),
        ] {
            let name = format!("{table}_{}_key", columns.join("_"));
            manager.create_index(index(&name, table, columns).unique().take()).await?;
        }
        let of_unit = index("ambassador_unit_idx", "ambassador", &["tenant_id", "unit_id", "id"]);
        manager.create_index(of_unit).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["ambassador_target", "ambassador", "serves_edge"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn resource(name: &'static str) -> TableCreateStatement {
    let mut key = Index::create();
    key.col("tenant_id").col("id");
    Table::create()
        .table(name)
        .col(text("tenant_id"))
        .col(text("id"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(&mut key)
        .take()
}
