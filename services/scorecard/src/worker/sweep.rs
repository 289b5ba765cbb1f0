use std::sync::Arc;
use std::time::Duration;

use arki_database::{Error, Store, request};
use arki_process::{CancellationToken, Clock};

/// How often answers that are no longer kept are deleted.
const EVERY: Duration = Duration::from_secs(3_600);

/// Deletes the first answers to request ids that are older than the contract keeps them, until `stop`.
pub(crate) async fn sweep(store: Store, clock: Arc<dyn Clock>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let now = clock.now();
        let swept = store.write("SweepRequestIds", move |tx| Box::pin(request::sweep(tx, now))).await;
        if let Err::<u64, Error>(error) = swept {
            // The next turn makes up for it: rows that stay longer harm nobody.
            tracing::warn!(%error, "old request ids were not swept");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
