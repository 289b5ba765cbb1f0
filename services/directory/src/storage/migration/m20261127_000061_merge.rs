#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, text_null, timestamp_with_time_zone};

/// Makes what is needed to merge people: where the names of those that are gone lead, and by what duplicates are found.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut key = Index::create();
        key.col("tenant_id").col("person_id");
        let redirect = Table::create()
            .table("person_redirect")
            .col(text("tenant_id"))
            .col(text("person_id"))
            .col(text("survivor_id"))
            .col(big_integer("revision"))
            .col(timestamp_with_time_zone("merge_time"))
            .primary_key(&mut key)
            .take();
        manager.create_table(redirect).await?;
        let name_key = text_null("name_key");
        manager.alter_table(Table::alter().table("person").add_column(name_key).to_owned()).await?;
        // Namesakes are told by small letters; the words are set apart by single spaces when a person is next written.
        manager
            .get_connection()
            .execute_unprepared("UPDATE person SET name_key = lower(display_name)")
            .await?;
        for (name, table, columns) in [
            // Whoever was merged into somebody follows when that one is merged too.
            ("person_redirect_survivor_idx", "person_redirect", ["tenant_id", "survivor_id"].as_slice()),
            ("person_name_key_idx", "person", &["tenant_id", "name_key", "id"]),
            // What somebody did moves with them.
            ("outcome_person_idx", "outcome", &["tenant_id", "person_id", "id"]),
        ] {
            let mut index = Index::create().name(name).table(table).take();
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("outcome_person_idx").table("outcome").to_owned()).await?;
        manager.drop_index(Index::drop().name("person_name_key_idx").table("person").to_owned()).await?;
        manager.alter_table(Table::alter().table("person").drop_column("name_key").to_owned()).await?;
        manager.drop_table(Table::drop().table("person_redirect").take()).await
    }
}
