#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, date, double, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

use super::shapes::{index, table};

/// Makes the table of numbers of HR and recruiting.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let figure = table("workforce_figure", &["id"])
            .col(text("id"))
            .col(text("unit_id"))
            .col(date("month"))
            .col(text("kind"))
            .col(double("count"))
            .col(double("base"))
            .col(text("source"))
            .col(timestamp_with_time_zone_null("source_time"))
            .col(big_integer("revision"))
            .col(timestamp_with_time_zone("create_time"))
            .col(timestamp_with_time_zone("update_time"))
            .take();
        manager.create_table(figure).await?;
        // One of each kind of a unit and a month; those of a unit are found by it too.
        let columns = ["tenant_id", "unit_id", "month", "kind"];
        let name = format!("workforce_figure_{}_key", columns.join("_"));
        manager.create_index(index(&name, "workforce_figure", &columns).unique().take()).await?;
        // All of a tenant, in the order of pages.
        let columns = ["tenant_id", "month", "id"];
        manager.create_index(index("workforce_figure_month_idx", "workforce_figure", &columns)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("workforce_figure").take()).await
    }
}
