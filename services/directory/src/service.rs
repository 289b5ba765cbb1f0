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
mod dead_letters;
mod employments;
mod erasures;
mod error;
mod events;
mod exports;
mod first_start;
mod identities;
mod import;
mod merges;
mod organisation;
mod outcomes;
mod people;
mod recorder;
mod roles;
mod rows;
pub mod scim;
mod serves;
mod tenants;
mod units;
mod webhooks;

use std::sync::Arc;

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
pub(crate) use erasures::confirm as confirm_erasure;
pub use error::Error;
pub use exports::Held;
pub use first_start::FirstKey;
pub(crate) use identities::Known;
pub use import::{CrmImport, HrImport};
pub use merges::{Candidate, MergedPeople};
pub use organisation::{Closure, Merged};
pub use people::Wanted;
pub use recorder::Recorder;
pub use webhooks::{Report, ToSend};

use crate::domain::Tenant;
use crate::sealing::Sealer;
use crate::storage::tenants as stored_tenants;

/// The use cases. Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    store: Store,
    clock: Arc<dyn Clock>,
    sealer: Sealer,
    webhooks: crate::config::Webhooks,
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
        Self { store, clock, sealer: Sealer::default(), webhooks: crate::config::Webhooks::default() }
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
        let Asked { caller, request_id, fingerprint, origin: _ } = asked;
        let once = Once {
            tenant: caller.tenant,
            method: op,
            request_id: request_id.clone(),
            fingerprint: *fingerprint,
            now: self.now(),
        };
        self.store.write_once(op, once, effect).await.map_err(|error| match error {
            Error::Database(arki_database::Error::RequestIdReused) => {
                Error::RequestIdReused(request_id.clone())
            }
            error => error,
        })
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
