//! Bringing the schema to the state that this program's code expects.
//!
//! Each migration runs in a transaction of its own together with the row that records it, on SQLite too. A
//! recorded migration that this program doesn't know is left alone: it belongs to a newer release, whose schema
//! the older code must be able to run on.

use std::collections::HashSet;

use sea_orm::sea_query::Query;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait, SchemaManager, seaql_migrations};
use sha2::{Digest, Sha256};

use crate::connect::{self, Purpose};
use crate::error::Error;
use crate::store::{Backend, Store};

impl Store {
    /// Applies the migrations that are missing, oldest first. Several processes may ask at once: one works, the
    /// others wait for it.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), Error> {
        match self.inner.backend {
            Backend::Sqlite => Ok(apply::<M>(&self.inner.writer).await?),
            Backend::Postgres => {
                let session = self.locked_session().await?;
                let applied = apply::<M>(&session).await;
                // Closing the session lets go of the lock, whatever came of the migrations.
                session.close().await?;
                Ok(applied?)
            }
        }
    }

    /// Takes back the newest `steps` migrations.
    pub async fn migrate_down<M: MigratorTrait>(&self, steps: u32) -> Result<(), Error> {
        match self.inner.backend {
            Backend::Sqlite => Ok(M::down(&self.inner.writer, Some(steps)).await?),
            Backend::Postgres => {
                let session = self.locked_session().await?;
                let undone = M::down(&session, Some(steps)).await;
                session.close().await?;
                Ok(undone?)
            }
        }
    }

    /// Whether every migration that this program knows has been applied. Changes nothing.
    pub async fn migrations_current<M: MigratorTrait>(&self) -> Result<bool, Error> {
        let reader = self.reader();
        if !SchemaManager::new(reader).has_table(M::migration_table_name().to_string()).await? {
            return Ok(M::migrations().is_empty());
        }
        let applied = applied::<M, _>(reader).await?;
        Ok(M::migrations().iter().all(|migration| applied.contains(migration.name())))
    }

    /// A session of its own that holds the lock on this schema's migrations, in a schema that exists.
    async fn locked_session(&self) -> Result<DatabaseConnection, Error> {
        let config = &self.inner.config;
        let session = connect::postgres(config, Purpose::Migrate).await?;
        // Another process may migrate for minutes: waiting for it is right, while waiting for a table's lock
        // is not, because everything that comes after then waits too.
        session.execute_unprepared("SET lock_timeout = 0").await?;
        let lock = Statement::from_sql_and_values(
            session.get_database_backend(),
            "SELECT pg_advisory_lock($1)",
            [lock_key(config.schema.as_deref().unwrap_or_default()).into()],
        );
        session.query_one_raw(lock).await?;
        let lock_timeout = format!("SET lock_timeout = {}", config.lock_timeout_milliseconds);
        session.execute_unprepared(&lock_timeout).await?;
        if let Some(schema) = &config.schema {
            // Asked first, because IF NOT EXISTS wants the right to create even where nothing is to be created.
            let exists = Statement::from_sql_and_values(
                session.get_database_backend(),
                "SELECT 1 FROM pg_namespace WHERE nspname = $1",
                [schema.as_str().into()],
            );
            if session.query_one_raw(exists).await?.is_none() {
                session.execute_unprepared(&format!("CREATE SCHEMA \"{schema}\"")).await?;
            }
        }
        Ok(session)
    }
}

/// Advisory locks are numbers for a whole database: a hash keeps ours off those of other programs.
fn lock_key(schema: &str) -> i64 {
    let digest = Sha256::new().chain_update("arki migration ").chain_update(schema).finalize();
    digest.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}

async fn apply<M: MigratorTrait>(db: &DatabaseConnection) -> Result<(), DbErr> {
    for migration in M::migrations() {
        // Some statements, such as CREATE INDEX CONCURRENTLY, refuse to run in a transaction and say so here.
        if migration.use_transaction() == Some(false) {
            step::<M, _>(db, &*migration).await?;
        } else {
            let options = TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            };
            let tx = db.begin_with_options(options).await?;
            step::<M, _>(&tx, &*migration).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Applies one migration unless it has been. The look is inside the same transaction: on SQLite that is what
/// keeps two processes from both applying it.
async fn step<M, C>(db: &C, migration: &dyn MigrationTrait) -> Result<(), DbErr>
where
    M: MigratorTrait,
    C: ConnectionTrait,
    for<'c> &'c C: sea_orm_migration::IntoSchemaManagerConnection<'c>,
{
    M::install(db).await?;
    if applied::<M, C>(db).await?.contains(migration.name()) {
        return Ok(());
    }
    migration.up(&SchemaManager::new(db)).await?;
    let record = Query::insert()
        .into_table(M::migration_table_name())
        .columns([seaql_migrations::Column::Version, seaql_migrations::Column::AppliedAt])
        .values_panic([migration.name().into(), seconds(db).await?.into()])
        .take();
    db.execute(&record).await?;
    tracing::info!(migration = migration.name(), "applied a migration");
    Ok(())
}

async fn applied<M: MigratorTrait, C: ConnectionTrait>(db: &C) -> Result<HashSet<String>, DbErr> {
    let versions =
        Query::select().column(seaql_migrations::Column::Version).from(M::migration_table_name()).take();
    db.query_all(&versions).await?.into_iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The database's own time in seconds: a migration is an operator's act and has no clock at hand.
async fn seconds<C: ConnectionTrait>(db: &C) -> Result<i64, DbErr> {
    let sql = match db.get_database_backend() {
        sea_orm::DbBackend::Postgres => "SELECT extract(epoch FROM now())::bigint AS seconds",
        _ => "SELECT unixepoch() AS seconds",
    };
    let row = db.query_one_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?.try_get("", "seconds")
}
