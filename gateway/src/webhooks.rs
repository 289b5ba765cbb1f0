//! Sending events to programs of others.
//!
//! The directory keeps what waits to be sent, and signs it; here it is claimed, sent and reported. Nothing is kept here:
//! should the process end between sending and reporting, the directory hands the delivery out again after its lease,
//! under the same webhook-id. Several replicas do the same side by side.

mod dial;
mod send;
#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Context as _;
use arki_ids::TenantId;
use arki_process::Context;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::webhook_service_client::WebhookServiceClient;
use arki_rpc::{Caller, Peer, client};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::config::Webhooks;

use dial::Dial;
use send::Sender;

/// For how long a claim holds, beyond the time that an attempt may take.
const SLACK: Duration = Duration::from_secs(30);

/// How long nothing is asked for after nothing was found.
const POLL: Duration = Duration::from_millis(500);

/// The pause after the directory failed, doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Reports that are kept at most while the directory is away. What is dropped is sent again after its lease.
const KEPT_REPORTS: usize = 10_000;

/// Reports in one call.
const REPORTS: usize = 500;

/// Starts to send what waits, until the process stops.
///
/// # Errors
/// When the settings can't be used.
pub(crate) fn start(config: &Webhooks, directory: Peer, context: &Context) -> anyhow::Result<()> {
    if !config.enabled {
        return Ok(());
    }
    let dial = Dial::new(config.allow_private, dial::system(), config.ca_file.as_deref())
        .context("gateway.webhooks can't be used")?;
    let timeout = Duration::from_secs(config.timeout_seconds);
    let worker = Worker {
        directory: WebhookServiceClient::new(directory)
            .max_decoding_message_size(LARGEST)
            .max_encoding_message_size(LARGEST),
        sender: Sender::new(dial, timeout, context.clock.clone()),
        places: config.concurrency,
        lease: timeout + SLACK,
    };
    let stop = context.tasks.stop();
    context.tasks.spawn("webhooks", worker.run(stop));
    Ok(())
}

/// The largest batch of deliveries, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// Claims, sends and reports.
pub(crate) struct Worker {
    directory: WebhookServiceClient<Peer>,
    sender: Sender,
    /// Attempts at once.
    places: usize,
    lease: Duration,
}

impl Worker {
    /// Sends until `stop`; attempts that are under way are finished and reported.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut sending = JoinSet::new();
        let mut reports: Vec<pb::WebhookAttemptReport> = Vec::new();
        let mut next_claim = Instant::now();
        let mut outage = Outage::default();
        loop {
            if !reports.is_empty() {
                match self.report(&mut reports).await {
                    // Where something was done there may be room for more of the same endpoint.
                    Ok(()) => next_claim = Instant::now(),
                    Err(status) => next_claim = Instant::now() + outage.failed(&status),
                }
            }
            let free = self.places.saturating_sub(sending.len());
            if free > 0 && !stop.is_cancelled() && Instant::now() >= next_claim {
                match self.claim(free).await {
                    Ok(claimed) => {
                        outage.over();
                        if claimed.is_empty() {
                            next_claim = Instant::now() + POLL;
                        }
                        for delivery in claimed {
                            let sender = self.sender.clone();
                            sending.spawn(async move { sender.send(delivery).await });
                        }
                    }
                    Err(status) => next_claim = Instant::now() + outage.failed(&status),
                }
            }
            if stop.is_cancelled() && sending.is_empty() {
                // A last try; what can't be reported is sent again after its lease.
                let _ = self.report(&mut reports).await;
                return;
            }
            let room = self.places > sending.len();
            tokio::select! {
                () = stop.cancelled(), if !stop.is_cancelled() => {}
                Some(done) = sending.join_next() => {
                    reports.extend(done.ok());
                    while let Some(done) = sending.try_join_next() {
                        reports.extend(done.ok());
                    }
                }
                () = tokio::time::sleep_until(next_claim), if room && !stop.is_cancelled() => {}
            }
            reports.truncate(KEPT_REPORTS);
        }
    }

    async fn claim(&self, most: usize) -> Result<Vec<pb::ClaimedWebhookDelivery>, Status> {
        let request = pb::ClaimWebhookDeliveriesRequest {
            max_deliveries: i32::try_from(most.min(1_000)).unwrap_or(1_000),
            lease_seconds: i32::try_from(self.lease.as_secs()).unwrap_or(600).min(600),
        };
        let claimed = self.directory.clone().claim_webhook_deliveries(of_gateway(request)).await?;
        Ok(claimed.into_inner().deliveries)
    }

    /// Reports all, and keeps what could not be.
    async fn report(&self, reports: &mut Vec<pb::WebhookAttemptReport>) -> Result<(), Status> {
        while !reports.is_empty() {
            let batch: Vec<_> = reports.iter().take(REPORTS).cloned().collect();
            let count = batch.len();
            let request = pb::ReportWebhookAttemptsRequest { reports: batch };
            let answer =
                self.directory.clone().report_webhook_attempts(of_gateway(request)).await?.into_inner();
            let stale = count.saturating_sub(usize::try_from(answer.accepted).unwrap_or_default());
            if stale > 0 {
                tracing::debug!(stale, "attempts were reported after their lease had ended");
            }
            reports.drain(..count);
        }
        Ok(())
    }
}

/// A call of the gateway for itself: what it claims belongs to all tenants, so it is asked for none.
fn of_gateway<T>(request: T) -> tonic::Request<T> {
    client::with_caller(
        tonic::Request::new(request),
        &Caller::service("gateway", TenantId::from_uuid(uuid::Uuid::nil())),
    )
}

/// The directory away: told once, and asked less and less often.
#[derive(Default)]
struct Outage {
    pause: Option<Duration>,
}

impl Outage {
    fn failed(&mut self, status: &Status) -> Duration {
        let pause = match self.pause {
            None => {
                tracing::warn!(code = ?status.code(), message = status.message(), "no webhooks are sent");
                FIRST_PAUSE
            }
            Some(pause) => (pause * 2).min(LONGEST_PAUSE),
        };
        self.pause = Some(pause);
        pause
    }

    fn over(&mut self) {
        if self.pause.take().is_some() {
            tracing::info!("webhooks are sent again");
        }
    }
}
