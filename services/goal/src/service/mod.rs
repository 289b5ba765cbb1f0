//! What one can do with visions, goals and commitments: one method for each use case.
//!
//! What other services know is asked before the transaction and judged inside it, after the request id was claimed:
//! a retry gets the first answer even when the world has changed in between, and no transaction waits for a peer.

mod commitments;
mod coverage;
mod dead_letters;
mod error;
mod facts;
mod goals;
pub mod rows;
mod tell;
mod visions;

use std::sync::Arc;

use arki_database::{Effect, Once, Store, Tx};
use arki_ids::TenantId;
use arki_process::Clock;
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use coverage::Coverage;
pub use error::Error;
pub use goals::NewGoal;

use crate::peers::Directory;

/// The use cases of the goal service.
#[derive(Clone)]
pub struct Goals {
    store: Store,
    directory: Directory,
    clock: Arc<dyn Clock>,
}

/// On whose behalf something is changed, and what makes the request the same one when it comes again.
#[derive(Clone, Debug)]
pub struct Call {
    pub tenant: TenantId,
    /// As the client chose it; empty for none.
    pub request_id: String,
    /// A hash of everything else in the request.
    pub fingerprint: [u8; 32],
}

impl Goals {
    pub fn new(store: Store, directory: Directory, clock: Arc<dyn Clock>) -> Self {
        Self { store, directory, clock }
    }

    /// The time now, no finer than both databases keep it, so that a first answer equals every later read.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
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
        let Call { tenant, request_id, fingerprint } = call;
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
