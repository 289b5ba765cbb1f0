#![expect(elided_lifetimes_in_paths, reason = "the signatures are those of the trait, which async_trait compares")]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, boolean, date, date_null, integer, integer_null, string, string_null,
    text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "survey_000001_create"
    }
}

const TABLES: [&str; 9] = [
    "installation",
    "wave_count",
    "imported",
    "response",
    "invitation",
    "roster",
    "wave",
    "questionnaire_version",
    "questionnaire",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [questionnaire(), version(), wave(), roster(), invitation(), wave_count(), installation()] {
            manager.create_table(table).await?;
        }
        let db = manager.get_connection();
        for table in [response(), imported()] {
            match backend {
                // Without a rowid the rows lie in the order of their key, which is random: not in the order in
                // which the answers came.
                DbBackend::Sqlite => {
                    let table = table.to_string(SqliteQueryBuilder);
                    db.execute_unprepared(&format!("{table} WITHOUT ROWID")).await?;
                }
                _ => manager.create_table(table).await?,
            }
        }
        for index in [
            // A link is looked up by the hash of its token; destroyed ones are null and do not clash.
            "CREATE UNIQUE INDEX invitation_tenant_id_token_hash_key ON invitation (tenant_id, token_hash)",
            // A person is asked once in a wave, and a list may be for one person.
            "CREATE UNIQUE INDEX invitation_tenant_id_wave_id_person_key \
             ON invitation (tenant_id, wave_id, person)",
            // The sweeper looks for what is over every few seconds, over all tenants; there are few open waves.
            "CREATE INDEX wave_due_idx ON wave (close_time) WHERE state IN ('open', 'closing')",
        ] {
            db.execute_unprepared(index).await?;
        }
        if backend == DbBackend::Postgres {
            // Each invitation is updated once or twice, in columns without an index. With room on the page the
            // update stays there, and no index is touched.
            db.execute_unprepared("ALTER TABLE invitation SET (fillfactor = 80)").await?;
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

fn questionnaire() -> TableCreateStatement {
    Table::create()
        .table("questionnaire")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(text("display_name"))
        .col(text("content"))
        .col(integer("latest_version"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .col(big_integer("revision"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .take()
}

fn version() -> TableCreateStatement {
    Table::create()
        .table("questionnaire_version")
        .col(string("tenant_id"))
        .col(string("questionnaire_id"))
        .col(integer("number"))
        .col(text("display_name"))
        .col(text("content"))
        .col(timestamp_with_time_zone("publish_time"))
        .primary_key(Index::create().col("tenant_id").col("questionnaire_id").col("number"))
        .take()
}

fn wave() -> TableCreateStatement {
    Table::create()
        .table("wave")
        .col(string("tenant_id"))
        .col(string("id"))
        .col(text("display_name"))
        .col(string("questionnaire_id"))
        .col(integer("version"))
        .col(string("audience"))
        .col(text("units"))
        .col(string("anonymity"))
        .col(string("state"))
        .col(timestamp_with_time_zone_null("open_time"))
        .col(date_null("open_day"))
        .col(string_null("time_zone"))
        .col(string_null("default_language"))
        .col(integer_null("minimum_group"))
        .col(big_integer_null("invitations"))
        .col(timestamp_with_time_zone_null("close_time"))
        .col(text("sender"))
        .col(date_null("results_day"))
        .col(timestamp_with_time_zone("create_time"))
        .col(timestamp_with_time_zone("update_time"))
        .col(big_integer("revision"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .take()
}

fn roster() -> TableCreateStatement {
    Table::create()
        .table("roster")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("unit"))
        .col(string_null("parent"))
        .col(big_integer("invited"))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("unit"))
        .take()
}

fn invitation() -> TableCreateStatement {
    Table::create()
        .table("invitation")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("id"))
        .col(string("person"))
        .col(string_null("unit"))
        .col(string_null("role"))
        .col(string("language"))
        .col(string_null("token_hash"))
        .col(string_null("fingerprint"))
        .col(boolean("opened").default(false))
        .col(boolean("submitted").default(false))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("id"))
        .take()
}

fn response() -> TableCreateStatement {
    Table::create()
        .table("response")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("id"))
        .col(string_null("invitation_id"))
        .col(string_null("unit"))
        .col(date("day"))
        .col(string_null("language"))
        .col(text("answers"))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("id"))
        .take()
}

fn imported() -> TableCreateStatement {
    Table::create()
        .table("imported")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(string("mark"))
        .col(string("fingerprint"))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("mark"))
        .take()
}

fn wave_count() -> TableCreateStatement {
    Table::create()
        .table("wave_count")
        .col(string("tenant_id"))
        .col(string("wave_id"))
        .col(integer("shard"))
        .col(big_integer("responses"))
        .primary_key(Index::create().col("tenant_id").col("wave_id").col("shard"))
        .take()
}

/// The one table that belongs to no tenant.
fn installation() -> TableCreateStatement {
    Table::create()
        .table("installation")
        .col(string("name").primary_key())
        .col(binary("value"))
        .take()
}
