//! What one can do with metrics and target profiles, and what one can read: one method for each use case.
//!
//! The directory is asked before a transaction, so that none waits for a peer. Every read of numbers goes through
//! [`scene`], which is where a wave of employees gets its plan; there is no other way to the counts.

mod dead_letters;
mod error;
mod gap;
mod metrics;
mod profiles;
mod provenance;
mod readings;
mod rows;
mod scene;

use std::sync::Arc;

use arki_database::{Effect, Once, Store, Tx};
use arki_ids::TenantId;
use arki_process::Clock;
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use error::Error;
pub use gap::{Gap, GapQuery};
pub use metrics::Verdict;
pub use readings::{ReadingsPage, ReadingsQuery};

use crate::peers::{Directory, HouseRules};

/// The use cases of the scorecard.
#[derive(Clone)]
pub struct Scorecard {
    store: Store,
    directory: Directory,
    clock: Arc<dyn Clock>,
}

/// On whose behalf something is changed, and what makes the request the same one when it comes again.
#[derive(Clone, Debug)]
pub struct Call {
    pub tenant: TenantId,
    /// Who calls, as a resource name.
    pub subject: String,
    /// As the client chose it; empty for none.
    pub request_id: String,
    /// A hash of everything else in the request, and of who asks.
    pub fingerprint: [u8; 32],
}

impl Scorecard {
    #[must_use]
    pub fn new(store: Store, directory: Directory, clock: Arc<dyn Clock>) -> Self {
        Self { store, directory, clock }
    }

    /// The time now, no finer than both databases keep it, so that a first answer equals every later read.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    async fn rules(&self, tenant: TenantId) -> Result<HouseRules, Error> {
        Ok(self.directory.recent_rules(tenant, self.clock.now()).await?)
    }

    /// Makes a change at most once for each request id.
    async fn write<T, F>(
        &self,
        method: &'static str,
        call: Call,
        now: DateTime<Utc>,
        effect: F,
    ) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, Error> + Send + Sync,
        T: Serialize + DeserializeOwned + Send + Sync,
    {
        let Call { tenant, subject: _, request_id, fingerprint } = call;
        let once = Once { tenant, method, request_id: request_id.clone(), fingerprint, now };
        self.store.write_once(method, once, effect).await.map_err(|error: Error| match error {
            Error::Database(arki_database::Error::RequestIdReused) => Error::RequestIdReused { request_id },
            other => other,
        })
    }
}

/// Refuses a change of something that has changed since it was read. An empty etag takes whatever is there.
fn expect_etag(etag: &str, revision: u64) -> Result<(), Error> {
    let current = revision.to_string();
    if etag.is_empty() || etag == current { Ok(()) } else { Err(Error::EtagMismatch { current }) }
}
