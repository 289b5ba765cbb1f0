//! Hearing that waves have opened: from then on the contacts that were reserved for them take place.

use arki_database::{Store, Tx};
use arki_events::{Bus, Envelope, Error, Handler, HandlerError, Payload as _, consume};
use arki_proto::event::v1::WaveOpened;
use async_trait::async_trait;

use crate::storage::contacts;

/// Confirms what was reserved under the name of a wave. The event was written in the transaction that opened the wave,
/// so there is no open wave whose contacts are not counted, wherever a process died.
pub(crate) struct Waves;

impl Waves {
    /// Listens on `bus` from now on.
    pub(crate) async fn listen(store: Store, bus: &dyn Bus) -> Result<(), Error> {
        consume(&store, bus, std::sync::Arc::new(Self)).await
    }
}

#[async_trait]
impl Handler for Waves {
    fn consumer(&self) -> &'static str {
        "directory.waves"
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[WaveOpened::SUBJECT]
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let WaveOpened { wave, .. } = event.decode()?;
        contacts::confirm(tx, event.tenant, &wave, event.time).await?;
        Ok(())
    }
}
