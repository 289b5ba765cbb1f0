use std::time::Duration;

use arki_database::{Error, Store};
use chrono::{DateTime, TimeDelta, Utc};

use crate::storage::webhooks::sweep::{SWEPT, sweep};

/// Forgets, now and then until `stop`, what is older than the log of webhooks is kept. `now` tells the time.
pub(crate) async fn keep_log_swept(
    store: Store,
    now: impl Fn() -> DateTime<Utc>,
    keep: TimeDelta,
    every: Duration,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    loop {
        let oldest = now() - keep;
        let swept: Result<u64, Error> =
            store.claim("SweepWebhooks", move |tx| Box::pin(sweep(tx, oldest))).await;
        let pause = match swept {
            // There may be more. Others who want to write have their turn in between.
            Ok(rows) if rows >= SWEPT => Duration::from_millis(10),
            Ok(_) => every,
            Err(error) => {
                // The next turn makes up for it: rows that stay longer harm nobody.
                tracing::warn!(%error, "the log of webhooks was not swept");
                every
            }
        };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
