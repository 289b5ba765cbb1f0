//! Closes waves whose end has come.

use std::sync::Arc;
use std::time::Duration;

use arki_process::CancellationToken;

use crate::service::Surveys;

/// Sweeps until `stop`.
pub async fn run(surveys: Arc<Surveys>, every: Duration, stop: CancellationToken) {
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        match surveys.close_due_waves().await {
            Ok(_) => failing = false,
            Err(error) => {
                // Told once for an outage, not once for each try.
                if !failing {
                    tracing::warn!(%error, "waves that are over can't be closed now");
                }
                failing = true;
            }
        }
    }
}
