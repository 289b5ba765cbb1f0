//! The demonstration: the whole job of Arki on a synthetic organisation, through the public API alone, from an HR
//! file and a CRM file to answered surveys, a truthful scorecard, goals in everyday words and a message that was
//! understood. Each step is a module; they run in this order.

mod answers;
mod everyday;
mod listening;
mod mail;
mod organisation;
mod summary;
mod telling;
mod truth;
mod words;

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};

pub use summary::Summary;

use crate::{progress::Progress, remote::Server};

/// Runs every step against the gateway behind `server`. `outbox` is the folder into which its mail goes; plans start
/// from `now`.
///
/// # Errors
/// When a step is refused; the error names the step.
pub async fn run(server: &Server, outbox: &Path, now: DateTime<Utc>, progress: &Progress) -> Result<Summary> {
    let organisation = organisation::load(server, progress).await?;
    let listening = listening::listen(server, &organisation, progress).await?;
    let truth = truth::measure(server, &organisation, &listening, now.date_naive(), progress).await?;
    let everyday = everyday::share(server, &organisation, progress).await?;
    let telling = telling::tell(server, &organisation, outbox, now, progress).await?;
    Ok(Summary {
        demonstration: "synthetic data: no number says anything about a real organisation",
        organisation: organisation.summary,
        waves: listening.summary,
        readings: truth.readings,
        gaps: truth.gaps,
        coverage: everyday,
        message: telling,
        seconds: progress.seconds(),
    })
}
