#![expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, boolean, date, date_null, integer, integer_null, string,
    string_null, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

pub(super) struct Migration;

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

const BYTEWISE: [(&str, &[&str]); 3] = [
    ("invitation", &["tenant_id", "wave_id", "id", "person", "token_hash"]),
    ("response", &["tenant_id", "wave_id", "id"]),
    ("imported", &["tenant_id", "wave_id", "mark"]),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in
            [questionnaire(), version(), wave(), roster(), invitation(), wave_count(), installation()]
        {
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
            // A person is asked once in a wave. The person stands before the wave, so that the primary key is the only
            // index that begins with tenant and wave: right after an opening PostgreSQL knows nothing about the new
            // rows, and would as soon read all those of the wave through the other index.
            "CREATE UNIQUE INDEX invitation_tenant_id_person_wave_id_key \
             ON invitation (tenant_id, person, wave_id)",
            // The sweeper looks for what is over every few seconds, over all tenants; there are few open waves.
            "CREATE INDEX wave_due_idx ON wave (close_time) WHERE state IN ('open', 'closing')",
        ] {
            db.execute_unprepared(index).await?;
        }
        if backend == DbBackend::Postgres {
            // Every invitation may be updated, in columns without an index. With room on the page for a second
            // version of each row the update stays there, and no index is touched.
            db.execute_unprepared("ALTER TABLE invitation SET (fillfactor = 50)").await?;
            // Keys are compared byte by byte, whatever the language of the database: it is several times faster,
            // and these are the tables that every answer touches.
            for (table, columns) in BYTEWISE {
                for column in columns {
                    let sql = format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar COLLATE \"C\"");
                    db.execute_unprepared(&sql).await?;
                }
            }
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
    Table::create().table("installation").col(string("name").primary_key()).col(binary("value")).take()
}
