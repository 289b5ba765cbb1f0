use std::sync::Arc;
use std::time::Duration;

use arki_database::Store;
use arki_process::Clock;
use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use crate::service::Directory;
use crate::storage::intake::queue::{SWEPT, sweep};

/// How long nothing is asked for after nothing was found.
const POLL: Duration = Duration::from_millis(300);
/// The pause after the database failed.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Applies what CRM systems told, until `stop`. Several replicas do the same side by side.
pub(crate) async fn apply_what_was_told(directory: Directory, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match directory.apply_intake().await {
            Ok(0) => POLL,
            Ok(_) => continue,
            Err(error) => {
                // What was claimed is due again at the end of its lease.
                tracing::warn!(%error, "what CRM systems told waits for the next turn");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Forgets, now and then until `stop`, what was told longer ago than it is kept.
pub(crate) async fn keep_intake_swept(
    store: Store,
    clock: Arc<dyn Clock>,
    keep: TimeDelta,
    every: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let oldest = clock.now() - keep;
        let swept: Result<u64, arki_database::Error> =
            store.claim("SweepIntake", move |tx| Box::pin(sweep(tx, oldest))).await;
        let pause = match swept {
            // There may be more. Others who want to write have their turn in between.
            Ok(rows) if rows >= SWEPT => Duration::from_millis(10),
            Ok(_) => every,
            Err(error) => {
                // The next turn makes up for it: rows that stay longer harm nobody.
                tracing::warn!(%error, "the log of intake was not swept");
                every
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}
