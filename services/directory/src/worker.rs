//! What the directory does by itself.

mod erasures;
mod intake;
mod listener;
mod purges;
mod sweeper;
mod waves;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::service::Directory;

pub(crate) use erasures::Confirmations;
pub(crate) use intake::{apply_what_was_told, keep_intake_swept};
pub(crate) use listener::Listener;
pub(crate) use purges::{PurgeConfirmations, Purging, begin_due_purges};
pub(crate) use sweeper::keep_log_swept;
pub(crate) use waves::Waves;

/// Looks for planned changes of employment whose day has come, until `stop`.
pub(crate) async fn let_employments_hold(directory: Directory, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match directory.let_due_employments_hold().await {
            Ok(true) => continue,
            Ok(false) => {}
            // The next turn makes up for it.
            Err(error) => tracing::warn!(%error, "planned changes of employment wait for the next turn"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Works on imports as they come, until `stop`. What is under way then goes on after the next start.
pub(crate) async fn keep_importing(directory: Directory, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let worked = tokio::select! {
            () = stop.cancelled() => return,
            worked = directory.work_on_imports() => worked,
        };
        match worked {
            Ok(true) => continue,
            Ok(false) => {}
            // The next turn makes up for it.
            Err(error) => tracing::warn!(%error, "an import waits for the next turn"),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = directory.imports_wait() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Gives up imports that nobody goes on with, until `stop`.
pub(crate) async fn keep_imports_swept(directory: Directory, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = directory.expire_imports().await {
            tracing::warn!(%error, "old imports wait for the next turn");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}
