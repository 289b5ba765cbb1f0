//! Hearing that a person is to be forgotten, and confirming it.

use arki_database::{Error, Tx};
use arki_events::{Envelope, Handler, HandlerError, Payload, append};
use arki_ids::{PersonId, TenantId};
use arki_proto::event::v1::{ErasedRows, ErasureConfirmed, PersonErased};
use async_trait::async_trait;

use crate::erase::{Rows, add};
use crate::scrub::scrub;

/// What a service forgot of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// How many rows of each kind.
    pub rows: Vec<Rows>,
    /// What could not be found, in the words of the contract.
    pub limits: Vec<String>,
}

/// How a service forgets.
#[async_trait]
pub trait Forgets: Send + Sync + 'static {
    /// The name of the service, as the contract has it.
    fn service(&self) -> &'static str;

    /// The name of the consumer, such as `goal.erasures`.
    fn consumer(&self) -> &'static str;

    /// Forgets a person and everybody who was merged into them. A second time there is nothing left, and nothing
    /// happens.
    async fn forget(&self, tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Forgotten, Error>;
}

/// Forgets people as the directory tells of them, and confirms each in the same transaction: there is no confirmation
/// of what was not done, nor anything done without one.
pub struct Erasures<F>(pub F);

#[async_trait]
impl<F: Forgets> Handler for Erasures<F> {
    fn consumer(&self) -> &'static str {
        self.0.consumer()
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[PersonErased::SUBJECT]
    }

    /// A database that was brought back from a backup forgets again.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let PersonErased { erasure, person, merged } = event.decode()?;
        let mut people = Vec::with_capacity(merged.len() + 1);
        for name in std::iter::once(&person).chain(&merged) {
            people.push(PersonId::from_name(name).map_err(|error| HandlerError::poison(error.to_string()))?);
        }
        let Forgotten { mut rows, limits } = self.0.forget(tx, event.tenant, &people).await?;
        let ids: Vec<String> = people.iter().map(PersonId::to_string).collect();
        for Rows { kind, rows: more } in scrub(tx, event.tenant, &ids).await? {
            add(&mut rows, &kind, more);
        }
        let rows = rows
            .into_iter()
            .map(|Rows { kind, rows }| ErasedRows { kind, rows: i64::try_from(rows).unwrap_or(i64::MAX) });
        let confirmed = ErasureConfirmed {
            erasure: erasure.clone(),
            service: self.0.service().to_owned(),
            rows: rows.collect(),
            limits,
        };
        append(tx, event.tenant, &erasure, event.time, &confirmed).await?;
        Ok(())
    }
}
