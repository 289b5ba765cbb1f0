//! The order in which a process stops.
//!
//! A signal, or a worker that fell, makes the process unready. Load balancers notice; then listeners take no more and
//! the calls that have begun are answered; then workers finish what they have in hand, which may be the effects of
//! those calls; the caller flushes telemetry last. One deadline covers all of it: what isn't done by then is cut.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::settings::Shutdown;
use crate::tasks::StillRunning;
use crate::{Gate, Tasks};

/// Why a process stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was told to, by SIGTERM or SIGINT.
    Signal,
    /// One of its tasks panicked.
    Fallen,
}

/// How a process stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Signals can't be heard.
    #[error("signals can't be listened to")]
    Signals(#[from] io::Error),
    /// It stopped because of a bug.
    #[error("a task panicked, see the log above")]
    Fallen,
    /// It was cut at its deadline.
    #[error(transparent)]
    StillRunning(#[from] StillRunning),
}

/// Runs until a signal or a fall, then stops in order: `servers` are the listeners, `workers` everything else.
///
/// # Errors
/// When the process fell, or did not stop by itself.
pub async fn run(gate: &Gate, servers: &Tasks, workers: &Tasks, settings: &Shutdown) -> Result<(), Error> {
    let cause = tokio::select! {
        heard = signalled() => heard.map(|()| Cause::Signal)?,
        () = servers.fallen() => Cause::Fallen,
        () = workers.fallen() => Cause::Fallen,
    };
    tracing::info!(?cause, "stopping");
    let stopped = tokio::select! {
        stopped = in_order(gate, servers, workers, settings) => stopped,
        // A second signal is somebody who doesn't want to wait.
        heard = signalled() => {
            heard?;
            in_order(gate, servers, workers, &Shutdown { unready_seconds: 0, deadline_seconds: 0 }).await
        }
    };
    match cause {
        Cause::Fallen => Err(Error::Fallen),
        Cause::Signal => Ok(stopped?),
    }
}

/// Stops in order, by one deadline for all of it.
///
/// # Errors
/// The names of the tasks that were cut.
pub async fn in_order(
    gate: &Gate,
    servers: &Tasks,
    workers: &Tasks,
    settings: &Shutdown,
) -> Result<(), StillRunning> {
    let deadline = Instant::now() + settings.deadline();
    gate.close();
    let noticed = Instant::now() + settings.unready();
    tokio::time::sleep_until(noticed.min(deadline)).await;
    let drained = servers.shutdown(deadline).await;
    let finished = workers.shutdown(deadline).await;
    match (drained, finished) {
        (Ok(()), Ok(())) => Ok(()),
        (Err(left), Ok(())) | (Ok(()), Err(left)) => Err(left),
        (Err(mut left), Err(more)) => {
            left.0.extend(more.0);
            Err(left)
        }
    }
}

/// Resolves at SIGTERM or SIGINT.
///
/// # Errors
/// When signals can't be listened to.
pub async fn signalled() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
