//! Keeping what PostgreSQL knows of its tables up to date while they grow.
//!
//! Its planner takes a table for as large as it was when it was last looked at. Autovacuum looks once a minute at most: a
//! first load of a hundred thousand people meets plans for a table of none until then, and each lookup reads all of it.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::store::{Backend, Store};

/// How often is looked for tables that have changed.
const EVERY: Duration = Duration::from_secs(1);

/// Tables of which more than a fifth is new, and more than a thousand rows: those that autovacuum would look at too, when
/// its turn comes. What is another role's is left to it.
const CHANGED: &str = "SELECT s.relname FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid \
                       WHERE s.schemaname = current_schema() AND s.n_mod_since_analyze > 1000 \
                       AND s.n_mod_since_analyze > 0.2 * c.reltuples AND pg_has_role(c.relowner, 'USAGE')";

/// Looks again at tables that have changed much, until `stop`. On SQLite there is nothing to do: its planner takes an
/// index where there is one.
pub async fn keep_fresh(store: Store, stop: CancellationToken) {
    if store.backend() == Backend::Sqlite {
        return;
    }
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        match refresh(&store).await {
            Ok(_) => failing = false,
            Err(error) => {
                // Told once for an outage; without it plans are as good as autovacuum makes them.
                if !failing {
                    tracing::warn!(%error, "the statistics of grown tables can't be refreshed now");
                }
                failing = true;
            }
        }
    }
}

/// Looks once at each table that has changed much, and tells how many there were.
///
/// # Errors
/// When the database refuses it.
pub async fn refresh(store: &Store) -> Result<usize, Error> {
    let db = store.reader();
    let changed = db.query_all_raw(Statement::from_string(DbBackend::Postgres, CHANGED)).await?;
    for row in &changed {
        let table: String = row.try_get("", "relname")?;
        // One whom another replica looks at right now is left to it.
        let sql = format!("ANALYZE (SKIP_LOCKED) \"{}\"", table.replace('"', "\"\""));
        db.execute_unprepared(&sql).await?;
    }
    Ok(changed.len())
}
