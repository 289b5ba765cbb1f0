#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, date, date_null, json_binary, text, text_null, timestamp_with_time_zone,
};

use super::shapes::{index, table};

/// Makes the tables of what hangs on people: attributes, keys of source systems, employment through time.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [attribute_definition(), person_attribute(), person_identity(), employment()] {
            manager.create_table(table).await?;
        }
        for (table, columns) in [
            // A value of a key is one person's; rows of other attributes don't count: null differs from null.
            ("person_attribute", ["tenant_id", "key", "key_value"].as_slice()),
            // A pair is one person's, primary or not.
            ("person_identity", &["tenant_id", "source", "external_id"]),
        ] {
            let name = format!("{table}_{}_key", columns.join("_"));
            manager.create_index(index(&name, table, columns).unique().take()).await?;
        }
        for (name, table, columns) in [
            // Who is of a segment, in the order of pages.
            (
                "person_attribute_value_idx",
                "person_attribute",
                ["tenant_id", "key", "value", "person_id"].as_slice(),
            ),
            // What is planned and due.
            ("employment_planned_idx", "employment", &["tenant_id", "is_planned", "valid_from", "person_id"]),
            // Who reports to somebody, in the order of pages.
            ("person_manager_idx", "person", &["tenant_id", "manager_id", "id"]),
            // What somebody leads.
            ("unit_version_leader_idx", "unit_version", &["tenant_id", "leader_id"]),
            // Who holds a role.
            ("membership_role_idx", "membership", &["tenant_id", "role_id", "person_id"]),
        ] {
            manager.create_index(index(name, table, columns).take()).await?;
        }
        let connection = manager.get_connection();
        connection
            .execute_unprepared(
                "INSERT INTO person_identity (tenant_id, person_id, source, external_id, is_primary) \
                 SELECT tenant_id, id, source, external_id, TRUE FROM person WHERE external_id IS NOT NULL",
            )
            .await?;
        let ever = match connection.get_database_backend() {
            DbBackend::Sqlite => "'0001-01-01'",
            _ => "DATE '0001-01-01'",
        };
        connection
            .execute_unprepared(&format!(
                "INSERT INTO employment (tenant_id, person_id, valid_from, state, is_planned) \
                 SELECT tenant_id, id, {ever}, employment, FALSE FROM person WHERE employment IS NOT NULL"
            ))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, table) in [
            ("person_manager_idx", "person"),
            ("unit_version_leader_idx", "unit_version"),
            ("membership_role_idx", "membership"),
        ] {
            manager.drop_index(Index::drop().name(name).table(table).to_owned()).await?;
        }
        for table in ["employment", "person_identity", "person_attribute", "attribute_definition"] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn of_person(name: &'static str, key: &[&'static str]) -> TableCreateStatement {
    let mut owner = ForeignKey::create()
        .name(format!("{name}_person_id_fkey"))
        .from(name, ("tenant_id", "person_id"))
        .to("person", ("tenant_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    table(name, key).col(text("person_id")).foreign_key(&mut owner).take()
}

fn attribute_definition() -> TableCreateStatement {
    table("attribute_definition", &["key"])
        .col(text("key"))
        .col(text("of"))
        .col(json_binary("display_name"))
        .col(json_binary("allowed_values"))
        .col(boolean("is_key"))
        .col(boolean("is_personal_data"))
        .col(boolean("is_segment"))
        .col(json_binary("kinds"))
        .col(boolean("is_required"))
        .col(boolean("is_retired"))
        .col(big_integer("revision"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .take()
}

fn person_attribute() -> TableCreateStatement {
    of_person("person_attribute", &["person_id", "key"])
        .col(text("key"))
        .col(text("value"))
        .col(text_null("key_value"))
        .take()
}

fn person_identity() -> TableCreateStatement {
    of_person("person_identity", &["person_id", "source", "external_id"])
        .col(text("source"))
        .col(text("external_id"))
        .col(boolean("is_primary"))
        .take()
}

fn employment() -> TableCreateStatement {
    of_person("employment", &["person_id", "valid_from"])
        .col(date("valid_from"))
        .col(date_null("valid_to"))
        .col(text("state"))
        .col(boolean("is_planned"))
        .take()
}
