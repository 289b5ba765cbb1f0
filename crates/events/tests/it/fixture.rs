//! A store with the tables of this crate, one table of effects, and ways to wait for what happens beside.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arki_database::{Config, Error, Store};
use arki_events::{Bus, Envelope, Payload, Relay, append, inbox, outbox, wake};
use arki_ids::{EventId, TenantId};
use arki_proto::event::v1::GoalChanged;
use chrono::{DateTime, Utc};
use futures::FutureExt;
use prost::Message;
use sea_orm::{ConnectionTrait, Statement};
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(outbox::Migration), Box::new(inbox::Migration), Box::new(Effects)]
    }
}

struct Effects;

impl MigrationName for Effects {
    fn name(&self) -> &'static str {
        "test_effects"
    }
}

#[async_trait::async_trait]
#[expect(
    elided_lifetimes_in_paths,
    reason = "the signatures are those of the trait, which async_trait compares"
)]
impl MigrationTrait for Effects {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let sql = "CREATE TABLE effect (consumer TEXT NOT NULL, event_id TEXT NOT NULL, goal TEXT NOT NULL)";
        manager.get_connection().execute_unprepared(sql).await?;
        Ok(())
    }
}

/// A place for one store, removed in the end.
pub(crate) struct Place {
    config: Config,
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
        let schema = Some(format!("test_{}", Uuid::new_v4().simple()));
        let folder = TempDir::with_prefix("arki-test-").unwrap();
        Some(Self { config: Config { url, schema, ..Config::default() }, _folder: folder })
    }

    pub(crate) async fn open(&self) -> Store {
        let store = Store::connect(&self.config).await.unwrap();
        store.migrate::<Migrator>().await.unwrap();
        store
    }

    /// Runs a test on the store, and removes what it leaves behind also when it fails.
    pub(crate) async fn lend(self, test: impl AsyncFnOnce(&Store)) {
        let store = self.open().await;
        let outcome = AssertUnwindSafe(test(&store)).catch_unwind().await;
        self.remove(&store).await;
        if let Err(failure) = outcome {
            std::panic::resume_unwind(failure);
        }
    }

    pub(crate) async fn remove(&self, store: &Store) {
        if let Some(schema) = &self.config.schema {
            execute(store, &format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE")).await;
        }
        store.close().await.unwrap();
    }
}

/// Stamps the tests of a module on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
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

/// The tasks of a test, stopped together.
#[derive(Default)]
pub(crate) struct Running {
    pub(crate) tasks: JoinSet<()>,
    pub(crate) shutdown: CancellationToken,
}

impl Running {
    pub(crate) fn relay(&mut self, store: &Store, bus: Arc<dyn Bus>) {
        let relay = Relay::new(store.clone(), bus, wake(store));
        self.tasks.spawn(relay.run(self.shutdown.clone()));
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
    }
}

/// Waits until `holds`, and fails with `what` when it doesn't come true.
pub(crate) async fn eventually<F>(what: &str, holds: impl Fn() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds().await {
        assert!(Instant::now() < deadline, "gave up waiting: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) async fn drained(store: &Store) {
    eventually("the outbox is empty", || async { outbox::waiting(store).await.unwrap() == 0 }).await;
}

pub(crate) fn tenant() -> TenantId {
    TenantId::from_uuid(Uuid::from_u128(1))
}

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-03-29T12:00:00.123456Z".parse().unwrap()
}

pub(crate) fn changed(goal: &str) -> GoalChanged {
    GoalChanged { goal: goal.to_owned(), ..GoalChanged::default() }
}

/// Appends one event, in a transaction of its own.
pub(crate) async fn tell(store: &Store, aggregate: &str, goal: &str) {
    let (aggregate, payload) = (aggregate.to_owned(), changed(goal));
    let told: Result<(), Error> = store
        .write("Tell", move |tx| {
            let (aggregate, payload) = (aggregate.clone(), payload.clone());
            Box::pin(async move { append(tx, tenant(), &aggregate, noon(), &payload).await })
        })
        .await;
    told.unwrap();
}

pub(crate) fn envelope(goal: &str) -> Envelope {
    Envelope {
        id: EventId::generate().to_string(),
        tenant: tenant(),
        subject: GoalChanged::SUBJECT.to_owned(),
        aggregate: format!("goals/{goal}"),
        time: noon(),
        traceparent: None,
        payload: changed(goal).encode_to_vec().into(),
        replay: false,
    }
}

pub(crate) async fn execute(store: &Store, sql: &str) {
    let sql = sql.to_owned();
    let done: Result<(), Error> = store
        .write("Execute", move |tx| {
            let sql = sql.clone();
            Box::pin(async move {
                tx.execute_unprepared(&sql).await?;
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

/// The goals of the effects of a consumer, sorted.
pub(crate) async fn effects(store: &Store, consumer: &str) -> Vec<String> {
    let reader = store.reader();
    let sql = "SELECT goal FROM effect WHERE consumer = $1 ORDER BY goal";
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, [consumer.into()]);
    let rows = reader.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get("", "goal").unwrap()).collect()
}
