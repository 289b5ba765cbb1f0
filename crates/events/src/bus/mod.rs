//! How an event gets from the relay of one service to the consumers of the others.

mod in_process;
pub mod jetstream;

use std::sync::Arc;

use async_trait::async_trait;

pub use in_process::InProcess;

use crate::envelope::Envelope;
use crate::handler::BoxError;

/// Carries events. `publish` answers once the event is safe: with every consumer, or with a server that keeps
/// it for them.
#[async_trait]
pub trait Bus: Send + Sync {
    async fn publish(&self, event: Envelope) -> Result<(), Error>;

    /// Which life of its store the bus is in. When it changes, what was published before is lost to consumers
    /// that had not yet handled it. None for a bus that keeps nothing.
    async fn epoch(&self) -> Result<Option<String>, Error> {
        Ok(None)
    }

    /// Registers a consumer of the subjects that match one of the patterns (see [`crate::matches`]).
    async fn subscribe(
        &self,
        consumer: &'static str,
        subjects: &'static [&'static str],
        sink: Arc<dyn Sink>,
    ) -> Result<(), Error>;
}

/// Where a bus delivers to. `Ok` means that the effect is durable, or that the event was put away for good; on
/// an error the bus delivers again.
#[async_trait]
pub trait Sink: Send + Sync {
    async fn deliver(&self, event: Envelope) -> Result<(), Error>;
}

/// Why an event is not yet where it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bus is away: no event can be published now.
    #[error("the event bus is unavailable: {0}")]
    Unavailable(#[source] BoxError),
    /// The bus works, but this event was not taken.
    #[error("the event was not taken: {0}")]
    Refused(#[source] BoxError),
    /// The settings of the bus can't work.
    #[error("{0}")]
    Config(String),
}
