//! Opening connections, and why each is set as it is.

use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::config::Config;
use crate::error::Error;

/// Readers beside the one writer. More than the machine's few cores would only contend for the page cache.
const SQLITE_READERS: u32 = 4;

/// Pages of the log after which SQLite writes it back into the file, within the commit that gets there. At its own 1,000
/// that is every few groups of answers, each with two more waits for the disk, and a page that changes in many commits
/// is written as often.
const SQLITE_CHECKPOINT: &str = "8000";

/// Rows that a statement may hand over before SQLite's thread waits for the reader of the rows: as many as one statement
/// of a grouped commit answers, so that the two don't take turns.
const SQLITE_ROWS: usize = 1_024;

/// How long SQLite waits for a lock that another process holds on the file, such as a backup.
const SQLITE_BUSY: Duration = Duration::from_secs(5);

/// How often a file is tried that is refused while others open it too, and the pause between two times.
const SQLITE_FIRST: u32 = 50;
const SQLITE_PAUSE: Duration = Duration::from_millis(20);

/// No statement of a request takes this long unless it is wrong. Migrations have no such bound.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection that was idle for longer is pinged before use, so that after a restart of the server callers
/// seldom meet a dead one. Pinging always would double the round trips.
const PING_AFTER_IDLE: Duration = Duration::from_secs(2);

pub(crate) struct Sqlite {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
}

pub(crate) async fn sqlite(config: &Config) -> Result<Sqlite, Error> {
    // The writer comes first: it makes the file and turns WAL on, neither of which a reader may do.
    let writer = first_sqlite(config, |options| {
        options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged write must survive a power cut. With NORMAL a commit is only in the page cache.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // The log shrinks back after a burst, instead of keeping its greatest size for ever.
            .pragma("journal_size_limit", "67108864")
            .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT)
            .optimize_on_close(true, Some(400))
    })
    .await?;
    let reader = open_sqlite(config, SQLITE_READERS, |options| options.read_only(true)).await?;
    Ok(Sqlite { writer, reader })
}

/// Opens the writer. Turning WAL on needs the whole file, and of two processes that start at once and do it together
/// SQLite refuses one without letting it wait, lest they wait for each other: so that one comes again.
async fn first_sqlite(
    config: &Config,
    set: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, Error> {
    for _ in 1..SQLITE_FIRST {
        match open_sqlite(config, 1, set).await {
            Err(Error::Unavailable) => tokio::time::sleep(SQLITE_PAUSE).await,
            outcome => return outcome,
        }
    }
    open_sqlite(config, 1, set).await
}

async fn open_sqlite(
    config: &Config,
    connections: u32,
    set: fn(SqliteConnectOptions) -> SqliteConnectOptions,
) -> Result<DatabaseConnection, Error> {
    let mut options = pool(config, connections);
    options
        // A connection to a file doesn't die and costs memory only: keep each for the life of the process.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .map_sqlx_sqlite_opts(move |options| {
            set(options
                .busy_timeout(SQLITE_BUSY)
                .row_buffer_size(SQLITE_ROWS)
                .pragma("cache_size", "-16384")
                .pragma("temp_store", "memory")
                // What is deleted is written over: a person who was erased must not lie on in free pages.
                .pragma("secure_delete", "on"))
        });
    Ok(Database::connect(options).await?)
}

/// What a PostgreSQL connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Serve,
    Migrate,
}

pub(crate) async fn postgres(config: &Config, purpose: Purpose) -> Result<DatabaseConnection, Error> {
    // One connection for a migration: the advisory lock belongs to the session that took it.
    let connections = if purpose == Purpose::Migrate { 1 } else { config.max_connections };
    let statement_timeout = if purpose == Purpose::Migrate { Duration::ZERO } else { STATEMENT_TIMEOUT };
    let lock_timeout = config.lock_timeout_milliseconds;
    let schema = config.schema.clone();
    let password = match &config.password_file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            Error::config(format!("password_file {} can't be read: {error}", path.display()))
        })?),
        None => None,
    };
    let application = format!("arki-{}", schema.as_deref().unwrap_or("service"));
    let mut options = pool(config, connections);
    options
        .test_before_acquire_if_idle_for(PING_AFTER_IDLE)
        .idle_timeout(Duration::from_secs(600))
        .max_lifetime((purpose == Purpose::Serve).then_some(Duration::from_secs(1800)))
        .map_sqlx_postgres_opts(move |mut options| {
            options = options.application_name(&application).statement_cache_capacity(256).options([
                ("lock_timeout", lock_timeout.to_string()),
                // Said once here, so that a transaction of this level begins without another round trip to say it.
                ("default_transaction_isolation", "read committed".to_owned()),
                ("statement_timeout", statement_timeout.as_millis().to_string()),
                // A transaction whose owner hangs must not hold its locks for ever.
                ("idle_in_transaction_session_timeout", "60000".to_owned()),
            ]);
            if let Some(password) = &password {
                // Editors and `echo` end a file with a line break, which is no part of a password.
                options = options.password(password.trim_end_matches(['\r', '\n']));
            }
            if let Some(schema) = &schema {
                options = options.options([("search_path", schema)]);
            }
            options
        });
    Ok(Database::connect(options).await?)
}

fn pool(config: &Config, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(&config.url);
    options
        .max_connections(connections)
        .acquire_timeout(Duration::from_millis(config.acquire_timeout_milliseconds))
        // sea-orm opens a span for each statement already; a log line for each would repeat it.
        .sqlx_logging(false);
    options
}
