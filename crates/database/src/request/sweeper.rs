use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::{SWEPT, sweep};
use crate::error::Error;
use crate::store::Store;

/// Sweeps now and then, until `stop`. `now` tells the time.
pub async fn keep_swept(
    store: Store,
    now: impl Fn() -> DateTime<Utc>,
    every: Duration,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let time = now();
        let swept: Result<u64, Error> =
            store.write("SweepRequestIds", move |tx| Box::pin(sweep(tx, time))).await;
        match swept {
            Ok(rows) if rows >= SWEPT => {
                // There may be more. Others who want to write have their turn in between.
                tokio::task::yield_now().await;
                continue;
            }
            Ok(_) => {}
            // The next turn makes up for it: rows that stay longer harm nobody.
            Err(error) => tracing::warn!(%error, "old request ids were not swept"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}
