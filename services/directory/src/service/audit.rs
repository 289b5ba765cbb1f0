//! The audit log: what is written with a change, what is asked of it, and what is not kept any more.

use arki_database::Effect;
use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::TenantId;
use arki_rpc::Caller;
use chrono::TimeDelta;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

use super::{Asked, Directory, Error};
use crate::domain::audit::{Entry, Fact, Head, Outcome, Walk};
use crate::domain::scope;
use crate::storage::audit::{self, Filter, Segment};

/// Entries that are held in memory at once.
const PAGE: u64 = 1_000;

/// The log of callers who are not known, which belongs to no tenant.
pub const INSTALLATION: TenantId = TenantId::from_uuid(uuid::Uuid::nil());

/// The request that a change belongs to, as the edge knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub request_id: String,
    pub trace_id: String,
}

impl Directory {
    /// Runs an administrative change once for each request id, with its entry in the log in the same transaction:
    /// there is no such change without one. `resources` names what it was about.
    pub(super) async fn write_recorded<T, F>(
        &self,
        op: &'static str,
        asked: &Asked,
        resources: impl Fn(&T) -> Vec<String> + Send + Sync + 'static,
        effect: F,
    ) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, Error> + Send + Sync + 'static,
        T: Serialize + DeserializeOwned + Send + Sync,
    {
        let Asked { caller, origin, .. } = asked;
        let fact = Fact {
            time: self.now(),
            subject: caller.subject.clone(),
            action: format!("directory.{op}"),
            resources: Vec::new(),
            outcome: Outcome::Allowed,
            reason: String::new(),
            request_id: origin.request_id.clone(),
            trace_id: origin.trace_id.clone(),
            count: 1,
        };
        let tenant = caller.tenant;
        let (effect, resources) = (Arc::new(effect), Arc::new(resources));
        self.write(op, asked, move |tx| {
            let (effect, resources, mut fact) = (Arc::clone(&effect), Arc::clone(&resources), fact.clone());
            Box::pin(async move {
                let done = effect(tx).await?;
                fact.resources = resources(&done);
                audit::append(tx, tenant, vec![fact]).await?;
                Ok(done)
            })
        })
        .await
    }

    /// Entries, newest first.
    pub async fn list_audit_entries(
        &self,
        caller: &Caller,
        installation: bool,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page<Entry>, Error> {
        let log = log_of(caller, installation)?;
        Ok(audit::list(self.store.reader(), log, filter, page).await?)
    }

    /// Where the export begins, and whose log it is.
    pub async fn audit_start(&self, caller: &Caller, installation: bool) -> Result<(TenantId, Head), Error> {
        let log = log_of(caller, installation)?;
        Ok((log, audit::start(self.store.reader(), log).await?))
    }

    /// The entries behind a place, oldest first; empty at the end.
    pub async fn audit_after(&self, log: TenantId, sequence: i64) -> Result<Vec<Entry>, Error> {
        Ok(audit::after(self.store.reader(), log, sequence, PAGE).await?)
    }

    /// Walks the chain of what is kept.
    pub async fn verify_audit_log(&self, caller: &Caller, installation: bool) -> Result<Walk, Error> {
        let log = log_of(caller, installation)?;
        // The end first: what is added while the walk is on its way lies behind it.
        let head = audit::head(self.store.reader(), log).await?;
        let mut walk = Walk::from(audit::start(self.store.reader(), log).await?);
        let mut at = walk.at.sequence;
        loop {
            let entries = audit::after(self.store.reader(), log, at, PAGE).await?;
            let Some(last) = entries.last().map(|entry| entry.sequence) else { break };
            at = last;
            for entry in entries.iter().filter(|entry| entry.sequence <= head.sequence) {
                walk.step(entry);
            }
            if at > head.sequence || walk.broken.is_some() {
                break;
            }
        }
        Ok(walk.end(head))
    }

    /// Closed segments, newest first.
    pub async fn list_audit_segments(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Segment>, Error> {
        Ok(audit::segments(self.store.reader(), caller.tenant, page).await?)
    }

    /// Closes, in every log, what is older than `kept`.
    pub async fn close_audit_segments(&self, kept: TimeDelta) -> Result<u64, Error> {
        let now = self.now();
        let mut closed = 0;
        for tenant in audit::tenants(self.store.reader()).await? {
            let segment = self
                .store
                .write("CloseAuditSegment", move |tx| {
                    Box::pin(async move { Ok::<_, Error>(audit::close(tx, tenant, now - kept, now).await?) })
                })
                .await?;
            closed += u64::from(segment.is_some());
        }
        Ok(closed)
    }

    /// Closes what is older than `kept` now and then, until `stop`.
    pub async fn keep_closed(self, kept: TimeDelta, every: Duration, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.close_audit_segments(kept).await {
                // The next turn makes up for it.
                tracing::warn!(%error, "old entries of the audit log were not closed");
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(every) => {}
            }
        }
    }
}

/// The tenant's own log, or for an operator that of the installation.
fn log_of(caller: &Caller, installation: bool) -> Result<TenantId, Error> {
    match installation {
        false => Ok(caller.tenant),
        true if caller.allows(scope::OPERATE) => Ok(INSTALLATION),
        true => Err(Error::ScopeMissing(scope::OPERATE)),
    }
}
