//! A store of its own for each test, with two small tables.

use std::panic::AssertUnwindSafe;

use arki_database::{Config, Store, request};
use futures::FutureExt;
use sea_orm::{ConnectionTrait, Statement, Value};
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use tempfile::TempDir;

pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(request::Migration), Box::new(Notes)]
    }
}

/// Two tables that refer to each other and have a unique key besides the primary one.
pub(crate) struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &'static str {
        "test_notes"
    }
}

#[async_trait::async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for sql in [
            "CREATE TABLE shelf (id TEXT NOT NULL PRIMARY KEY)",
            "CREATE TABLE note (tenant_id TEXT NOT NULL, id TEXT NOT NULL, title TEXT NOT NULL, \
             count BIGINT NOT NULL DEFAULT 0, shelf_id TEXT REFERENCES shelf (id), PRIMARY KEY (tenant_id, id))",
            "CREATE UNIQUE INDEX note_tenant_id_title_key ON note (tenant_id, title)",
        ] {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP TABLE note").await?;
        manager.get_connection().execute_unprepared("DROP TABLE shelf").await?;
        Ok(())
    }
}

/// A place for one store, removed in the end.
pub(crate) struct Place {
    pub(crate) config: Config,
    _folder: TempDir,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = TempDir::with_prefix("arki-test-").unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { config: Config { url, ..Config::default() }, _folder: folder }
    }

    pub(crate) fn postgres() -> Option<Self> {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            eprintln!("skipped: TEST_POSTGRES_URL names no PostgreSQL server");
            return None;
        };
        let schema = Some(format!("test_{}", uuid::Uuid::new_v4().simple()));
        let folder = TempDir::with_prefix("arki-test-").unwrap();
        Some(Self { config: Config { url, schema, ..Config::default() }, _folder: folder })
    }

    pub(crate) async fn open(&self) -> Store {
        Store::connect(&self.config).await.unwrap()
    }

    pub(crate) async fn migrated(&self) -> Store {
        let store = self.open().await;
        store.migrate::<Migrator>().await.unwrap();
        store
    }

    /// Runs a test on the store, and removes what it leaves behind also when it fails.
    pub(crate) async fn lend(self, test: impl AsyncFnOnce(&Store)) {
        let store = self.migrated().await;
        let outcome = AssertUnwindSafe(test(&store)).catch_unwind().await;
        self.remove(&store).await;
        if let Err(failure) = outcome {
            std::panic::resume_unwind(failure);
        }
    }

    pub(crate) async fn remove(&self, store: &Store) {
        if let Some(schema) = &self.config.schema {
            let sql = format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
            store.reader().execute_unprepared(&sql).await.unwrap();
        }
        store.close().await.unwrap();
    }
}

/// Stamps the tests of a module on both databases.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    crate::fixture::Place::sqlite().lend(super::$name).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(place) = crate::fixture::Place::postgres() {
                        place.lend(super::$name).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use on_both;

pub(crate) async fn insert<C: ConnectionTrait>(
    db: &C,
    id: &str,
    title: &str,
    shelf: Option<&str>,
) -> Result<(), sea_orm::DbErr> {
    let values: [Value; 3] = [id.into(), title.into(), shelf.map(str::to_owned).into()];
    let sql = "INSERT INTO note (tenant_id, id, title, shelf_id) VALUES ('ten_1', $1, $2, $3)";
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    Ok(())
}

pub(crate) async fn number<C: ConnectionTrait>(db: &C, sql: &str) -> i64 {
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

pub(crate) async fn notes(store: &Store) -> i64 {
    number(store.reader(), "SELECT count(*) FROM note").await
}
