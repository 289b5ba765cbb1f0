//! Changing state: who begins, commits and tries again.

use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use opentelemetry::KeyValue;
use rand::Rng;
use sea_orm::{DbErr, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tracing::Instrument;

use crate::Tx;
use crate::error::Error;
use crate::request::{Once, OnceWork};
use crate::scope::{self, Told};
use crate::store::{Backend, Store};

/// What the closure of a write answers with. It may borrow the transaction and nothing else, so clone what it
/// needs inside the closure, before `async move`.
pub type Effect<'t, T, E> = BoxFuture<'t, Result<T, E>>;

/// How often a transaction that lost against a concurrent one is run again.
const RETRIES: u32 = 5;

/// The first pause before running again, doubled each time, and shortened at random so that two that collided
/// don't collide again.
const FIRST_PAUSE: Duration = Duration::from_millis(4);

/// A write that takes longer has lost its server: a frozen one enforces no timeout of its own.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a write does inside its transaction. A trait of our own because the closures of the public methods may
/// not borrow, while the work that wraps one of them must.
pub(crate) trait Work<T, E>: Sync {
    fn run<'t>(&'t self, tx: &'t Tx) -> Effect<'t, T, E>;
}

struct Plain<F>(F);

impl<T, E, F> Work<T, E> for Plain<F>
where
    F: for<'t> Fn(&'t Tx) -> Effect<'t, T, E> + Sync,
{
    fn run<'t>(&'t self, tx: &'t Tx) -> Effect<'t, T, E> {
        (self.0)(tx)
    }
}

/// How one run of a transaction ended, short of success.
enum Failed<E> {
    /// It lost against a concurrent one: nothing happened, and running it again may succeed.
    Lost(E),
    Final(E),
}

impl Store {
    /// Runs `effect` in a transaction and commits when it answers `Ok`; else nothing has happened.
    ///
    /// `op` names the write in metrics and traces. `effect` may run more than once, so it must not do anything
    /// outside of `tx`, and it must not wait for anything but the database: on SQLite it holds the only writer.
    ///
    /// On PostgreSQL the transaction is SERIALIZABLE, so that what was read and then decided on still holds at
    /// the commit, as it does on SQLite where there is one writer.
    pub async fn write<T, E, F>(&self, op: &'static str, effect: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, E> + Send + Sync,
        T: Send,
        E: From<Error> + Send,
    {
        self.drive(op, IsolationLevel::Serializable, DEADLINE, &Plain(effect)).await
    }

    /// As [`Store::write`], but READ COMMITTED on PostgreSQL: for taking rows of a queue by `FOR UPDATE SKIP
    /// LOCKED`, where a serializable transaction would fail on every row that another worker took.
    pub async fn claim<T, E, F>(&self, op: &'static str, effect: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, E> + Send + Sync,
        T: Send,
        E: From<Error> + Send,
    {
        self.drive(op, IsolationLevel::ReadCommitted, DEADLINE, &Plain(effect)).await
    }

    /// As [`Store::claim`], with another deadline than the 60 seconds of all others: for work that is long by nature and
    /// checks for itself that what it was decided on still holds.
    pub async fn claim_within<T, E, F>(&self, op: &'static str, deadline: Duration, effect: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, E> + Send + Sync,
        T: Send,
        E: From<Error> + Send,
    {
        self.drive(op, IsolationLevel::ReadCommitted, deadline, &Plain(effect)).await
    }

    /// As [`Store::write`], but at most once for each request id: the first result is stored in the same
    /// transaction, and the same request again is answered with it. The same id with another request is
    /// [`Error::RequestIdReused`]. An error is not stored: the request may be tried again. An empty request id
    /// makes a plain write.
    pub async fn write_once<T, E, F>(&self, op: &'static str, once: Once, effect: F) -> Result<T, E>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, E> + Send + Sync,
        T: Serialize + DeserializeOwned + Send + Sync,
        E: From<Error> + Send,
    {
        self.write_once_within(op, once, DEADLINE, effect).await
    }

    /// As [`Store::write_once`], with another deadline than 60 seconds.
    pub async fn write_once_within<T, E, F>(
        &self,
        op: &'static str,
        once: Once,
        deadline: Duration,
        effect: F,
    ) -> Result<T, E>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, E> + Send + Sync,
        T: Serialize + DeserializeOwned + Send + Sync,
        E: From<Error> + Send,
    {
        let level = IsolationLevel::Serializable;
        if once.request_id.is_empty() {
            return self.drive(op, level, deadline, &Plain(effect)).await;
        }
        self.drive(op, level, deadline, &OnceWork { once, work: Plain(effect) }).await
    }

    async fn drive<T, E, W>(
        &self,
        op: &'static str,
        isolation: IsolationLevel,
        deadline: Duration,
        work: &W,
    ) -> Result<T, E>
    where
        W: Work<T, E>,
        T: Send,
        E: From<Error> + Send,
    {
        let span = tracing::info_span!("database.write", op, retries = tracing::field::Empty);
        let started = Instant::now();
        let result = tokio::time::timeout(deadline, self.attempts(isolation, work).instrument(span))
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable.into()));
        let outcome = if result.is_ok() { "ok" } else { "error" };
        self.inner.seconds.record(
            started.elapsed().as_secs_f64(),
            &[KeyValue::new("op", op), KeyValue::new("outcome", outcome)],
        );
        result
    }

    async fn attempts<T, E, W>(&self, isolation: IsolationLevel, work: &W) -> Result<T, E>
    where
        W: Work<T, E>,
        T: Send,
        E: From<Error> + Send,
    {
        let mut failed = match self.attempt(isolation, work).await {
            Ok(value) => return Ok(value),
            Err(failed) => failed,
        };
        for retry in 0..RETRIES {
            match failed {
                Failed::Final(error) => return Err(error),
                Failed::Lost(_) => {}
            }
            tracing::Span::current().record("retries", retry + 1);
            let _turn = self.inner.retries.lock().await;
            let part: f64 = rand::rng().random();
            tokio::time::sleep((FIRST_PAUSE * 2_u32.pow(retry)).mul_f64(part)).await;
            failed = match self.attempt(isolation, work).await {
                Ok(value) => return Ok(value),
                Err(failed) => failed,
            };
        }
        match failed {
            Failed::Final(error) | Failed::Lost(error) => Err(error),
        }
    }

    async fn attempt<T, E, W>(&self, isolation: IsolationLevel, work: &W) -> Result<T, Failed<E>>
    where
        W: Work<T, E>,
        T: Send,
        E: From<Error> + Send,
    {
        let options = match self.inner.backend {
            // IMMEDIATE takes the write lock at once: a transaction that reads first and then writes would
            // else fail when another process wrote in between, however long it waits.
            Backend::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            },
            // Its connections begin at READ COMMITTED.
            Backend::Postgres => TransactionOptions {
                isolation_level: Some(isolation).filter(|level| *level != IsolationLevel::ReadCommitted),
                ..TransactionOptions::default()
            },
        };
        let tx = self.begin(options).await.map_err(failed_statement)?;
        let (result, Told { lost, announced }) = scope::within(work.run(&tx)).await;
        match result {
            Ok(value) => {
                tx.commit().await.map_err(failed_statement)?;
                if announced {
                    self.inner.announcements.notify_one();
                }
                Ok(value)
            }
            Err(error) => {
                // Waited for, so that the connection is clean when the caller goes on. Should it fail, the
                // server or the file rolls back by itself, and the first error is the one that matters.
                if let Err(error) = tx.rollback().await {
                    tracing::debug!(%error, "could not roll back");
                }
                Err(if lost { Failed::Lost(error) } else { Failed::Final(error) })
            }
        }
    }

    /// Begins, however soon the caller goes away. Dropped before the answer to its BEGIN, a transaction would leave its
    /// connection inside of one of which the pool knows nothing, for whoever takes it next.
    #[expect(clippy::disallowed_methods, reason = "it ends with the answer to one statement")]
    async fn begin(&self, options: TransactionOptions) -> Result<Tx, DbErr> {
        let writer = self.inner.writer.clone();
        let begun = async move { writer.begin_with_options(options).await }.in_current_span();
        match tokio::spawn(begun).await {
            Ok(begun) => begun,
            Err(error) => Err(DbErr::Custom(error.to_string())),
        }
    }
}

fn failed_statement<E: From<Error>>(error: DbErr) -> Failed<E> {
    match Error::from(error) {
        error @ Error::Serialization => Failed::Lost(error.into()),
        error => Failed::Final(error.into()),
    }
}
