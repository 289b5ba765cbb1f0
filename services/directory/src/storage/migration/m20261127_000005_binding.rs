#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, json_binary, text, timestamp_with_time_zone};

/// Makes the tables of identity providers and role bindings.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let provider = table("identity_provider").col(text("issuer")).col(json_binary("details")).take();
        manager.create_table(provider).await?;
        manager.create_table(table("role_binding").col(json_binary("terms")).take()).await?;
        let mut issuer = Index::create();
        // Over all tenants: a token says its issuer alone.
        issuer.name("identity_provider_issuer_idx").table("identity_provider").col("issuer");
        manager.create_index(issuer).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["role_binding", "identity_provider"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn table(name: &'static str) -> TableCreateStatement {
    let mut primary = Index::create();
    primary.col("tenant_id").col("id");
    Table::create()
        .table(name)
        .col(text("tenant_id"))
        .col(text("id"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .primary_key(&mut primary)
        .take()
}
