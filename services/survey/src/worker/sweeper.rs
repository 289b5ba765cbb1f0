//! Closes waves whose end has come, and forgets old request ids.

use std::sync::Arc;
use std::time::Duration;

use arki_database::{Store, request};
use arki_process::CancellationToken;
use chrono::{DateTime, TimeDelta, Utc};

use crate::service::Surveys;

/// Time between two sweeps of request ids, which are kept for a day.
const FORGET_EVERY: TimeDelta = TimeDelta::hours(1);

/// Sweeps until `stop`.
pub async fn run(surveys: Arc<Surveys>, store: Store, every: Duration, stop: CancellationToken) {
    let mut forgot: Option<DateTime<Utc>> = None;
    let mut failing = false;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
        let now = surveys.now();
        let swept = async {
            surveys.close_due_waves().await?;
            if forgot.is_none_or(|before| now - before >= FORGET_EVERY) {
                store.write("SweepRequestIds", move |tx| Box::pin(request::sweep(tx, now))).await?;
            }
            Ok::<_, crate::service::Error>(())
        };
        match swept.await {
            Ok(()) => {
                failing = false;
                if forgot.is_none_or(|before| now - before >= FORGET_EVERY) {
                    forgot = Some(now);
                }
            }
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
