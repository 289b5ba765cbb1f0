//! What the edge writes down: reads of personal data, refusals and administrative changes.
//!
//! It stands around each peer, so that REST, gRPC and the pages all pass it. An answer with personal data is given only
//! after its entry is on the directory's disk; where it can't be written, there is no answer. Callers who are not known
//! are counted, and told of once in a while: whoever has no key can't fill the disk.
//!
//! Changes inside the directory are not written here: the directory writes them in the transaction of the change.

mod names;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arki_ids::TenantId;
use arki_process::Clock;
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::audit_service_client::AuditServiceClient;
use arki_rpc::server::Rules;
use arki_rpc::{Caller, Failure, Peer, client, time};
use tokio_util::sync::CancellationToken;

use crate::wiring::Peers;

/// The subject of those who are not known.
const ANONYMOUS: &str = "anonymous";

/// Writes to the directory's log. Clones are the same one.
#[derive(Clone)]
pub(crate) struct Audit {
    inner: Arc<Inner>,
}

struct Inner {
    directory: Peer,
    clock: Arc<dyn Clock>,
    rules: Rules,
    /// Calls of strangers that were not told yet.
    strangers: AtomicU64,
}

impl Audit {
    /// Writes through `directory` what `rules` say must be written.
    pub(crate) fn new(directory: Peer, clock: Arc<dyn Clock>, rules: Rules) -> Self {
        Self { inner: Arc::new(Inner { directory, clock, rules, strangers: AtomicU64::new(0) }) }
    }

    /// The same peers, with an eye on what goes through.
    pub(crate) fn watch(&self, peers: Peers) -> Peers {
        let Peers { directory, survey, scorecard, goal, communication } = peers;
        let watch = |peer| watch::around(peer, self.clone());
        Peers {
            directory: watch(directory),
            survey: watch(survey),
            scorecard: watch(scorecard),
            goal: watch(goal),
            communication: watch(communication),
        }
    }

    /// Counts a call of somebody who is not known.
    pub(crate) fn count_stranger(&self) {
        self.inner.strangers.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells of strangers, one entry for all of them, every so often until `stop`, and once more then.
    pub(crate) async fn keep_telling(self, every: Duration, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(every) => {}
            }
            self.tell_strangers().await;
            if stop.is_cancelled() {
                return;
            }
        }
    }

    async fn tell_strangers(&self) {
        let count = self.inner.strangers.swap(0, Ordering::Relaxed);
        if count == 0 {
            return;
        }
        let entry = pb::AuditEntry {
            subject: ANONYMOUS.to_owned(),
            action: "gateway.Authenticate".to_owned(),
            outcome: pb::AuditOutcome::Denied.into(),
            reason: "UNAUTHENTICATED".to_owned(),
            count: i64::try_from(count).unwrap_or(i64::MAX).min(1_000_000_000),
            ..self.blank()
        };
        // They are of no tenant.
        if let Err(failure) = self.record(TenantId::from_uuid(uuid::Uuid::nil()), entry).await {
            // Kept for the next time.
            self.inner.strangers.fetch_add(count, Ordering::Relaxed);
            tracing::debug!(error = %failure, "refused callers were not written down yet");
        }
    }

    fn blank(&self) -> pb::AuditEntry {
        let trace_id = arki_rpc::trace::id(&tracing::Span::current()).unwrap_or_default();
        pb::AuditEntry {
            time: Some(time::timestamp(self.inner.clock.now())),
            request_id: crate::request_id::current(),
            trace_id,
            count: 1,
            ..Default::default()
        }
    }

    /// Writes an entry, and returns when it is on disk.
    async fn record(&self, tenant: TenantId, entry: pb::AuditEntry) -> Result<(), Failure> {
        let request = pb::RecordAuditEntriesRequest { entries: vec![entry] };
        let request = client::with_caller(request, &Caller::service("gateway", tenant));
        let mut log = AuditServiceClient::new(self.inner.directory.clone());
        match log.record_audit_entries(request).await {
            Ok(_) => Ok(()),
            Err(status) => Err(Failure::away(status)),
        }
    }
}
