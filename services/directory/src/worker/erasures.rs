//! Hearing that other services have forgotten a person.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arki_database::Tx;
use arki_events::{Envelope, Handler, HandlerError, Payload};
use arki_ids::ErasureId;
use arki_process::Clock;
use arki_proto::event::v1::{ErasedRows, ErasureConfirmed};
use async_trait::async_trait;
use chrono::SubsecRound as _;

use crate::domain::erasure::{Confirmation, Limit};
use crate::service;

/// Takes confirmations.
pub(crate) struct Confirmations {
    clock: Arc<dyn Clock>,
}

impl Confirmations {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Handler for Confirmations {
    fn consumer(&self) -> &'static str {
        "directory.erasures"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[ErasureConfirmed::SUBJECT]
    }

    /// What a service said first stands.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let ErasureConfirmed { erasure, service, rows, limits } = event.decode()?;
        let erasure =
            ErasureId::from_name(&erasure).map_err(|error| HandlerError::poison(error.to_string()))?;
        let counts: BTreeMap<String, u64> = rows
            .into_iter()
            .map(|ErasedRows { kind, rows }| (kind, u64::try_from(rows).unwrap_or_default()))
            .collect();
        let limits: Option<BTreeSet<Limit>> = limits.iter().map(|word| Limit::of_word(word)).collect();
        let limits = limits.ok_or_else(|| HandlerError::poison("a limit that is no word of the contract"))?;
        let now = self.clock.now().trunc_subsecs(6);
        let confirmation = Confirmation { service, confirm_time: now, counts, limits };
        match service::confirm_erasure(tx, event.tenant, erasure, confirmation, now).await {
            Ok(()) => Ok(()),
            Err(service::Error::Database(error)) => Err(error.into()),
            Err(error) => Err(HandlerError::transient(error)),
        }
    }
}
