//! Letting go deliveries that were kept long enough. As when a person is forgotten, a letter that lies here is removed
//! before the row that leads to it: whoever is stopped in between finds the row again.

use std::sync::Arc;

use arki_database::{Store, Tx};
use arki_events::{Bus, Consumer, Envelope, Error, Payload as _, Sink};
use arki_ids::TenantId;
use arki_privacy::{Cutoffs, MOST, Purged, Purger, Purges, is_for};
use arki_proto::event::v1::PurgeDue;
use async_trait::async_trait;

use crate::channel::Channel;
use crate::storage::purges::{self, Old};

const SERVICE: &str = "communication";
const CONSUMER: &str = "communication.purges";
const SUBJECTS: &[&str] = &[PurgeDue::SUBJECT];

/// Hears what was kept long enough.
pub(crate) struct Purging {
    store: Store,
    channel: Arc<dyn Channel>,
}

impl Purging {
    /// Listens on `bus` from now on.
    pub(crate) async fn listen(store: Store, channel: Arc<dyn Channel>, bus: &dyn Bus) -> Result<(), Error> {
        bus.subscribe(CONSUMER, SUBJECTS, Arc::new(Self { store, channel })).await
    }

    /// The deliveries of one part, whose letters are gone.
    async fn without_letters(&self, tenant: TenantId, cutoffs: &Cutoffs) -> Result<Vec<Old>, Error> {
        let old = purges::old(self.store.reader(), tenant, cutoffs.delivery, MOST).await;
        let old = old.map_err(|error| Error::Refused(error.into()))?;
        let ids: Vec<_> = old.iter().map(|one| one.delivery).collect();
        let removed = self.channel.forget(&ids).await;
        removed
            .map_err(|error| Error::Refused(format!("letters can't be removed: {}", error.kind()).into()))?;
        Ok(old)
    }
}

#[async_trait]
impl Sink for Purging {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        let mut old = Vec::new();
        // What can't be read is put away by the consumer, as any such event.
        if let Ok(due) = event.decode::<PurgeDue>()
            && is_for(&due, SERVICE)
            && let Ok(cutoffs) = Cutoffs::read(&due)
        {
            old = self.without_letters(event.tenant, &cutoffs).await?;
        }
        // Rows whose letters are not gone must not go: so the consumer of this event knows those that may.
        Consumer::new(self.store.clone(), Arc::new(Purges(Deliveries { old }))).deliver(event).await
    }
}

/// The rows of deliveries whose letters are gone.
struct Deliveries {
    old: Vec<Old>,
}

#[async_trait]
impl Purger for Deliveries {
    fn service(&self) -> &'static str {
        SERVICE
    }

    fn consumer(&self) -> &'static str {
        CONSUMER
    }

    async fn purge(
        &self,
        tx: &Tx,
        tenant: TenantId,
        cutoffs: &Cutoffs,
        _: &str,
    ) -> Result<Purged, arki_database::Error> {
        let rows = purges::delete(tx, tenant, &self.old).await?;
        let is_done = self.old.len() < MOST;
        if is_done {
            purges::set_purged(tx, tenant, cutoffs.delivery).await?;
        }
        // Nothing says where the next one begins: what went is not there any more.
        Ok(Purged { rows, next: (!is_done).then(|| "more".to_owned()) })
    }
}
