//! Where a test keeps its state: a SQLite file of its own always, and a PostgreSQL schema of its own where
//! `TEST_POSTGRES_URL` names a server on which schemas may be made.

use std::path::Path;

use arki_database::{Config, Store};
use sea_orm::ConnectionTrait;
use tempfile::TempDir;

/// A database for one test. It is removed with the value, also when the test fails.
#[derive(Debug)]
pub struct TestDatabase {
    /// How it is reached.
    pub config: Config,
    _schema: Option<Schema>,
    folder: TempDir,
}

impl TestDatabase {
    /// A SQLite file.
    pub fn sqlite() -> Self {
        let folder = folder();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        Self { config: Config { url, ..Config::default() }, _schema: None, folder }
    }

    /// A schema on the server of `TEST_POSTGRES_URL`; none where that is not set, and it says so.
    pub fn postgres() -> Option<Self> {
        let Ok(url) = std::env::var("TEST_POSTGRES_URL") else {
            eprintln!("left out: TEST_POSTGRES_URL names no PostgreSQL server");
            return None;
        };
        let name = format!("test_{}", arki_ids::EventId::random().uuid().simple());
        // A test asks little at once, and many tests share the server.
        let config = Config { url, schema: Some(name), max_connections: 4, ..Config::default() };
        Some(Self { _schema: Some(Schema(config.clone())), config, folder: folder() })
    }

    /// Both, or the one that there is.
    pub fn each() -> Vec<Self> {
        [Some(Self::sqlite()), Self::postgres()].into_iter().flatten().collect()
    }

    /// A folder for what else the test writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn folder() -> TempDir {
    tempfile::Builder::new().prefix("arki-test-").tempdir().unwrap()
}

/// A schema that goes when it is dropped.
#[derive(Debug)]
struct Schema(Config);

impl Drop for Schema {
    fn drop(&mut self) {
        let config = self.0.clone();
        // A thread with a runtime of its own: the test's may be blocked by this very drop, or be on its way down.
        let removed = std::thread::spawn(move || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(remove(config))
        });
        match removed.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => eprintln!("the schema {:?} stays behind: {error}", self.0.schema),
            Err(_) => eprintln!("the schema {:?} stays behind", self.0.schema),
        }
    }
}

async fn remove(config: Config) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let Some(schema) = config.schema.clone() else { return Ok(()) };
    let store = Store::connect(&Config { schema: None, max_connections: 1, ..config }).await?;
    // Whoever still works in the schema, a worker that nobody stopped or a test that failed half way, may hold
    // locks that only the blocked test would let go of.
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'arki-{schema}'"
    );
    store.reader().execute_unprepared(&sql).await?;
    let sql = format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE");
    store.reader().execute_unprepared(&sql).await?;
    store.close().await?;
    Ok(())
}

/// What a test is given: a database, or something that is started on one.
pub trait OnDatabase: Sized {
    /// Starts on a database.
    fn on(database: TestDatabase) -> impl Future<Output = Self>;
}

impl OnDatabase for TestDatabase {
    async fn on(database: TestDatabase) -> Self {
        database
    }
}

/// What the test takes, on a database. It stands here for the macro.
pub async fn start<T: OnDatabase>(database: TestDatabase) -> T {
    T::on(database).await
}

/// Makes each of the named functions a test on SQLite, and one on PostgreSQL where there is a server. A function
/// takes one thing that is started on a database, see [`OnDatabase`].
#[macro_export]
macro_rules! on_each_database {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let database = $crate::TestDatabase::sqlite();
                    Box::pin(async { super::$name($crate::start(database).await).await }).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    if let Some(database) = $crate::TestDatabase::postgres() {
                        Box::pin(async { super::$name($crate::start(database).await).await }).await;
                    }
                }
            )*
        }
    };
}
