//! Having what was kept long enough go: once a day for each tenant, here as in every other service.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arki_database::{Error, Tx};
use arki_events::{Envelope, Handler, HandlerError, Payload};
use arki_ids::{PurgeId, TenantId};
use arki_privacy::{Cutoffs, Purged, Purger};
use arki_process::Clock;
use arki_proto::event::v1::{ErasedRows, PurgeConfirmed};
use async_trait::async_trait;
use chrono::SubsecRound as _;
use tokio_util::sync::CancellationToken;

use crate::domain::erasure::FIRST;
use crate::domain::purge::Part;
use crate::service::{self, Directory};

/// Looks for tenants whose daily purge is due, until `stop`.
pub(crate) async fn begin_due_purges(directory: Directory, every: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = directory.begin_due_purges().await {
            // The next turn makes up for it.
            tracing::warn!(%error, "daily purges wait for the next turn");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// Purges what the directory holds itself.
pub(crate) struct Purging {
    directory: Directory,
    clock: Arc<dyn Clock>,
}

impl Purging {
    pub(crate) fn new(directory: Directory, clock: Arc<dyn Clock>) -> Self {
        Self { directory, clock }
    }
}

#[async_trait]
impl Purger for Purging {
    fn service(&self) -> &'static str {
        FIRST
    }

    fn consumer(&self) -> &'static str {
        "directory.purges"
    }

    async fn purge(
        &self,
        tx: &Tx,
        tenant: TenantId,
        cutoffs: &Cutoffs,
        after: &str,
    ) -> Result<Purged, Error> {
        let now = self.clock.now().trunc_subsecs(6);
        // What this meets beside the database is a fault of ours.
        let purged = self.directory.purge(tx, tenant, cutoffs.contact, after, now).await;
        purged.map_err(|error| match error {
            service::Error::Database(error) => error,
            error => Error::Other(Arc::new(error)),
        })
    }
}

/// Takes confirmations of parts.
pub(crate) struct PurgeConfirmations {
    clock: Arc<dyn Clock>,
}

impl PurgeConfirmations {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Handler for PurgeConfirmations {
    fn consumer(&self) -> &'static str {
        "directory.purge_confirmations"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[PurgeConfirmed::SUBJECT]
    }

    /// What a service said first of a part stands.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let PurgeConfirmed { purge, service, part, rows, is_done } = event.decode()?;
        let purge = PurgeId::from_name(&purge).map_err(|error| HandlerError::poison(error.to_string()))?;
        let counts: BTreeMap<String, u64> = rows
            .into_iter()
            .map(|ErasedRows { kind, rows }| (kind, u64::try_from(rows).unwrap_or_default()))
            .collect();
        let now = self.clock.now().trunc_subsecs(6);
        let part = Part { service, part, counts, is_done, confirm_time: now };
        match service::confirm_purge(tx, event.tenant, purge, part, now).await {
            Ok(()) => Ok(()),
            Err(service::Error::Database(error)) => Err(error.into()),
            Err(error) => Err(HandlerError::transient(error)),
        }
    }
}
