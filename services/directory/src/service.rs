//! The use cases of the directory, one method each.
//!
//! A method checks what its caller may do with the rows at hand, runs one transaction, and leaves the events of what
//! it changed in the same transaction. [`Directory`] is all there is; its methods lie by noun in the modules below.

mod access;
mod accounts;
mod ambassadors;
mod api_keys;
mod attributes;
mod audience;
mod audit;
mod consents;
mod contacts;
mod crm;
mod dead_letters;
mod employments;
mod erasures;
mod error;
mod events;
mod exports;
mod first_start;
mod identities;
mod import;
pub(crate) mod imports;
mod intake;
mod merges;
mod organisation;
mod outcomes;
mod people;
mod preferences;
mod recorder;
mod retention;
mod roles;
mod rows;
pub mod scim;
mod serves;
mod suppressions;
mod tenants;
mod units;
mod webhooks;
mod workforce;

use std::sync::Arc;
use std::time::Duration;

use arki_database::{Effect, Once, Store, Tx};
use arki_ids::TenantId;
use arki_process::Clock;
use arki_rpc::Caller;
use chrono::{DateTime, NaiveDate, SubsecRound, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use ambassadors::AmbassadorDraft;
pub(crate) use api_keys::new_secret;
pub use audit::{INSTALLATION, Origin};
pub use consents::Said;
pub use contacts::{Answers, Reserve};
pub(crate) use erasures::confirm as confirm_erasure;
pub use error::Error;
pub use exports::Held;
pub use first_start::FirstKey;
pub(crate) use identities::Known;
pub use import::{CrmImport, HrImport};
pub use intake::Received;
pub use merges::{Candidate, MergedPeople};
pub use organisation::{Closure, Merged};
pub use people::Wanted;
pub use preferences::Preferences;
pub use recorder::Recorder;
pub(crate) use retention::confirm as confirm_purge;
pub use suppressions::Suppress;
pub use webhooks::{Report, ToSend};

use crate::domain::Tenant;
use crate::sealing::Sealer;
use crate::storage::tenants as stored_tenants;

/// How long a write may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// How often a batch is tried again that met a key which somebody else took at the same time.
const MOST_CONFLICTS: u32 = 3;

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    store: Store,
    clock: Arc<dyn Clock>,
    sealer: Sealer,
    webhooks: crate::config::Webhooks,
    intake: crate::config::Intake,
    imports: Arc<imports::work::Imports>,
}

/// Who asks for a write, and which request it is.
#[derive(Clone, Debug)]
pub struct Asked {
    pub caller: Caller,
    /// Empty where the request is not to be remembered.
    pub request_id: String,
    /// Of everything else in the request.
    pub fingerprint: [u8; 32],
    /// How the request is known elsewhere, for the audit log.
    pub origin: Origin,
}

impl Directory {
    /// The use cases over a store whose schema is current.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        let (webhooks, intake) = (crate::config::Webhooks::default(), crate::config::Intake::default());
        Self { store, clock, sealer: Sealer::default(), webhooks, intake, imports: Arc::default() }
    }

    /// The same use cases with keys to seal secrets with.
    #[must_use]
    pub fn with_sealer(self, sealer: Sealer) -> Self {
        Self { sealer, ..self }
    }

    /// The same use cases with the settings of webhooks.
    #[must_use]
    pub fn with_webhooks(self, webhooks: crate::config::Webhooks) -> Self {
        Self { webhooks, ..self }
    }

    /// The same use cases with the settings of intake.
    #[must_use]
    pub fn with_intake(self, intake: crate::config::Intake) -> Self {
        Self { intake, ..self }
    }

    /// What secrets are sealed with that must be read again.
    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The time, in the microseconds that both databases keep: what is answered is what is read back later.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    /// Runs a write once for each request id.
    async fn write<T, F>(&self, op: &'static str, asked: &Asked, effect: F) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, Error> + Send + Sync,
        T: Serialize + DeserializeOwned + Send + Sync,
    {
        self.write_within(op, asked, DEADLINE, effect).await
    }

    /// As [`Directory::write`], with another deadline.
    async fn write_within<T, F>(
        &self,
        op: &'static str,
        asked: &Asked,
        deadline: Duration,
        effect: F,
    ) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, Error> + Send + Sync,
        T: Serialize + DeserializeOwned + Send + Sync,
    {
        let Asked { caller, request_id, fingerprint, origin: _ } = asked;
        let once = Once {
            tenant: caller.tenant,
            method: op,
            request_id: request_id.clone(),
            fingerprint: *fingerprint,
            now: self.now(),
        };
        self.store.write_once_within(op, once, deadline, effect).await.map_err(|error| match error {
            Error::Database(arki_database::Error::RequestIdReused) => {
                Error::RequestIdReused(request_id.clone())
            }
            error => error,
        })
    }

    /// As [`Directory::write`], tried again where somebody else made a row with the same key at the same time: now that the
    /// other has written, it is found.
    async fn write_past_conflicts<T, F>(&self, op: &'static str, asked: &Asked, effect: F) -> Result<T, Error>
    where
        F: for<'t> Fn(&'t Tx) -> Effect<'t, T, Error> + Send + Sync,
        T: Serialize + DeserializeOwned + Send + Sync,
    {
        for _ in 0..MOST_CONFLICTS {
            match self.write(op, asked, |tx| effect(tx)).await {
                Err(Error::Database(arki_database::Error::Conflict { .. })) => {}
                done => return done,
            }
        }
        self.write(op, asked, effect).await
    }

    /// The tenant of a caller and the day that it is there.
    async fn today(&self, tenant: TenantId) -> Result<NaiveDate, Error> {
        let tenant =
            stored_tenants::find(self.store.reader(), tenant).await?.ok_or(Error::TenantNotFound(tenant))?;
        Ok(tenant.day_of(self.now()))
    }
}

/// The tenant of a write.
async fn tenant_of(tx: &Tx, tenant: TenantId) -> Result<Tenant, Error> {
    stored_tenants::find(tx, tenant).await?.ok_or(Error::TenantNotFound(tenant))
}
