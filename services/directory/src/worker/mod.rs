//! What the directory does without being asked. Its events leave through the relay of `arki-events`, which the wiring
//! starts; here is only the sweeper.

use std::sync::Arc;
use std::time::Duration;

use arki_database::{Error, Store, request};
use arki_process::{CancellationToken, Clock};

/// Forgets request ids that are old enough, every so often, until it is stopped.
pub(crate) async fn sweep(store: Store, clock: Arc<dyn Clock>, every: Duration, stop: CancellationToken) {
    loop {
        let now = clock.now();
        let swept = store
            .write("SweepRequestIds", move |tx| Box::pin(async move { request::sweep(tx, now).await }))
            .await;
        match swept {
            Ok(rows) => tracing::debug!(rows, "swept request ids"),
            // The next round does what this one left.
            Err(error @ (Error::Unavailable | Error::Serialization)) => {
                tracing::debug!(%error, "request ids are swept later");
            }
            Err(error) => tracing::error!(%error, "request ids can't be swept"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}
