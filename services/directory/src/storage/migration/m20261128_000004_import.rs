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

/// Makes the tables of imports that run for a while, and of managers who are not there yet.
#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// The tables, those that others refer to first.
const TABLES: [&str; 6] =
    ["import_run", "import_piece", "import_write", "import_change", "import_error", "pending_manager"];

/// What a tenant decides of the brake, and what holds where it has not.
const PERCENTS: [(&str, i32); 2] = [("import_leavers_percent", 40), ("import_changed_ids_percent", 5)];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [run(), piece(), write(), change(), error(), pending_manager()] {
            manager.create_table(table).await?;
        }
        for (name, table, columns) in [
            // What is to be worked on, over all tenants.
            ("import_run_state_idx", "import_run", ["state", "claim_time"].as_slice()),
            // What is to be forgotten, over all tenants.
            ("import_run_expire_idx", "import_run", &["expire_time"]),
            // Changes of one action, in the order of pages.
            ("import_change_action_idx", "import_change", &["tenant_id", "import_id", "action", "position"]),
            // What is to be written of one kind, in its order.
            ("import_write_kind_idx", "import_write", &["tenant_id", "import_id", "kind", "position"]),
            // Who waits for somebody who arrives.
            ("pending_manager_key_idx", "pending_manager", &["tenant_id", "manager_key"]),
        ] {
            manager.create_index(index(name, table, columns)).await?;
        }
        for (column, default) in PERCENTS {
            let mut column = integer(column);
            column.default(default);
            manager.alter_table(Table::alter().table("tenant").add_column(column).take()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (column, _) in PERCENTS {
            manager.alter_table(Table::alter().table("tenant").drop_column(column).take()).await?;
        }
        for table in TABLES.into_iter().rev() {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

fn run() -> TableCreateStatement {
    table("import_run", &["id"])
        .col(text("id"))
        .col(text("state"))
        .col(text("terms"))
        .col(text("subject"))
        .col(big_integer("received"))
        .col(big_integer("plan"))
        .col(text_null("report"))
        .col(text("problem"))
        .col(text("stamp"))
        .col(boolean("relinks"))
        .col(boolean("is_confirmed"))
        .col(big_integer("total"))
        .col(big_integer("done"))
        .col(text_null("claim_mark"))
        .col(timestamp_with_time_zone_null("claim_time"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .col(timestamp_with_time_zone("expire_time"))
        .take()
}

/// What hangs on an import, and goes when it goes.
fn of_run(name: &'static str, key: &[&'static str]) -> TableCreateStatement {
    let mut owner = ForeignKey::create()
        .name(format!("{name}_import_id_fkey"))
        .from(name, ("tenant_id", "import_id"))
        .to("import_run", ("tenant_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    table(name, key).col(text("import_id")).col(big_integer("position")).foreign_key(&mut owner).take()
}

fn piece() -> TableCreateStatement {
    of_run("import_piece", &["import_id", "position"]).col(binary("content")).take()
}

fn write() -> TableCreateStatement {
    of_run("import_write", &["import_id", "position"])
        .col(text("kind"))
        .col(text("subject_id"))
        .col(big_integer("revision"))
        .col(text("body"))
        .take()
}

fn change() -> TableCreateStatement {
    of_run("import_change", &["import_id", "position"]).col(text("action")).col(text("body")).take()
}

fn error() -> TableCreateStatement {
    of_run("import_error", &["import_id", "line", "position"])
        .col(big_integer("line"))
        .col(text("body"))
        .take()
}

fn pending_manager() -> TableCreateStatement {
    let mut person = ForeignKey::create()
        .name("pending_manager_person_id_fkey")
        .from("pending_manager", ("tenant_id", "person_id"))
        .to("person", ("tenant_id", "id"))
        .on_delete(ForeignKeyAction::Cascade)
        .take();
    table("pending_manager", &["person_id"])
        .col(text("person_id"))
        .col(text("source"))
        .col(text("manager_key"))
        .foreign_key(&mut person)
        .take()
}
