use std::fmt;
use std::sync::Arc;

use opentelemetry::metrics::Histogram;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::{Mutex, Notify};

use crate::config::{Config, Target};
use crate::connect::{self, Purpose};
use crate::error::Error;

/// Which database is behind a [`Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// The state of one service. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) backend: Backend,
    /// SQLite: a pool of exactly one, so that writers queue here, in order, instead of failing on the file.
    /// PostgreSQL: the same pool as `reader`.
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    /// Held while a transaction that lost runs again: of those that lose, one at a time gets on.
    pub(crate) retries: Mutex<()>,
    pub(crate) announcements: Arc<Notify>,
    pub(crate) seconds: Histogram<f64>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the url, which may hold a password.
        f.debug_struct("Store").field("backend", &self.inner.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database. Telemetry must be set up before, or this store's metrics go nowhere.
    pub async fn connect(config: &Config) -> Result<Self, Error> {
        let (backend, writer, reader) = match config.target()? {
            Target::Sqlite => {
                let connect::Sqlite { writer, reader } = connect::sqlite(config).await?;
                (Backend::Sqlite, writer, reader)
            }
            Target::Postgres => {
                let pool = connect::postgres(config, Purpose::Serve).await?;
                (Backend::Postgres, pool.clone(), pool)
            }
        };
        let seconds = opentelemetry::global::meter("arki.database")
            .f64_histogram("arki_database_write_seconds")
            .with_description("How long a write took, from waiting for a connection to the commit.")
            .with_boundaries(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0])
            .build();
        let inner = Inner {
            config: config.clone(),
            backend,
            writer,
            reader,
            retries: Mutex::new(()),
            announcements: Arc::new(Notify::new()),
            seconds,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    pub fn backend(&self) -> Backend {
        self.inner.backend
    }

    /// For SELECTs. On SQLite these connections can't write; on PostgreSQL each statement is its own
    /// transaction. What has been committed is seen at once.
    pub fn reader(&self) -> &DatabaseConnection {
        &self.inner.reader
    }

    /// Is notified after each commit of a write that called [`crate::announce`]. One waiter is woken; a
    /// notification without a waiter is kept for the next one.
    pub fn announcements(&self) -> Arc<Notify> {
        Arc::clone(&self.inner.announcements)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        Ok(self.inner.reader.ping().await?)
    }

    /// Closes all connections, after those who still hold one gave it back. On SQLite the log is written back
    /// into the file, so that a copy of the file alone is the whole state.
    pub async fn close(&self) -> Result<(), Error> {
        let Inner { backend, writer, reader, .. } = &*self.inner;
        if *backend == Backend::Sqlite {
            // Readers first: a checkpoint can't truncate what a reader may still look at.
            reader.close_by_ref().await?;
            writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(writer.close_by_ref().await?)
    }
}
