use std::sync::Arc;
use std::time::Duration;

use arki_database::{Error, Store, request};
use arki_process::{CancellationToken, Clock};

/// Time between two sweeps. What is swept is a day old, so an hour more or less is nothing.
const PAUSE: Duration = Duration::from_secs(3_600);

/// Forgets the answers to old request ids.
pub(crate) struct Sweeper {
    pub(crate) store: Store,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Sweeper {
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let now = self.clock.now();
            let swept: Result<u64, Error> = self
                .store
                .write("SweepRequestIds", move |tx| Box::pin(async move { request::sweep(tx, now).await }))
                .await;
            if let Err(error) = swept {
                tracing::warn!(%error, "old request ids could not be swept");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
    }
}
