//! What the databases give without a product around them.

use std::{fmt::Write as _, path::Path, process::Command, time::Instant};

use anyhow::{Context as _, Result};
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, TransactionTrait as _};

const ROWS: usize = 20_000;
/// As many as a group holds under this load: one for each connection.
const GROUP: usize = 256;
const ANSWERS: &str = r#"{"q0":{"n":1},"q1":{"n":2},"q2":{"n":3},"q3":{"n":4},"q4":{"n":5},"q5":{"n":1},"q6":{"n":2},"q7":{"n":3},"q8":{"n":4},"q9":{"n":5}}"#;

/// Rows a second by one writer, a transaction for each group.
async fn grouped(database: &DatabaseConnection) -> Result<f64> {
    database
        .execute_unprepared("CREATE TABLE IF NOT EXISTS raw (id TEXT PRIMARY KEY, answers TEXT NOT NULL)")
        .await?;
    let start = Instant::now();
    let mut written = 0;
    while written < ROWS {
        let mut sql = "INSERT INTO raw (id, answers) VALUES ".to_owned();
        for row in 0..GROUP {
            let comma = if row == 0 { "" } else { "," };
            let _ = write!(sql, "{comma}('{:032x}','{ANSWERS}')", rand::random::<u128>());
        }
        let transaction = database.begin().await?;
        transaction.execute_unprepared(&sql).await?;
        transaction.commit().await?;
        written += GROUP;
    }
    Ok(written as f64 / start.elapsed().as_secs_f64())
}

pub(crate) async fn grouped_sqlite() -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let mut options =
        ConnectOptions::new(format!("sqlite://{}?mode=rwc", folder.path().join("raw.db").display()));
    options.max_connections(1).sqlx_logging(false);
    let database = Database::connect(options).await?;
    database.execute_unprepared("PRAGMA journal_mode = WAL").await?;
    database.execute_unprepared("PRAGMA synchronous = FULL").await?;
    grouped(&database).await
}

pub(crate) async fn grouped_postgres(url: &str) -> Result<f64> {
    let mut options = ConnectOptions::new(url.to_owned());
    options.max_connections(1).sqlx_logging(false);
    grouped(&Database::connect(options).await?).await
}

/// Transactions a second of pgbench's single-row insert at 64 clients.
pub(crate) fn pgbench(url: &str) -> Result<Option<f64>> {
    let Ok(bin) = std::env::var("PG_BIN") else { return Ok(None) };
    let folder = tempfile::tempdir()?;
    let script = folder.path().join("insert.sql");
    std::fs::write(&script, format!("INSERT INTO single (answers) VALUES ('{ANSWERS}');"))?;
    let table = "CREATE TABLE IF NOT EXISTS single (id bigserial PRIMARY KEY, answers jsonb NOT NULL)";
    let made = Command::new(Path::new(&bin).join("psql")).args(["-q", "-c", table, url]).status()?;
    anyhow::ensure!(made.success(), "psql failed");
    let output = Command::new(Path::new(&bin).join("pgbench"))
        .args(["-n", "-c", "64", "-j", "2", "-T", "4", "-M", "prepared", "-f"])
        .arg(&script)
        .arg(url)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = said
        .lines()
        .find(|line| line.starts_with("tps = "))
        .with_context(|| format!("pgbench says {said}"))?;
    let rate = line.trim_start_matches("tps = ").split(' ').next().context("no rate")?;
    Ok(Some(rate.parse()?))
}
