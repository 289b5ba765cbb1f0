//! Forgetting people: what waits is stopped, letters that lie here are removed, and then the rows go.
//!
//! A file can't be removed in a transaction. So it is removed before the rows that lead to it: whoever is stopped in
//! between finds the rows again, removes what is left, and only then confirms.

use std::sync::Arc;

use arki_database::{Store, Tx};
use arki_events::{Bus, Consumer, Envelope, Error, Payload as _, Sink};
use arki_ids::{PersonId, TenantId};
use arki_privacy::{Erasures, Forgets, Forgotten};
use arki_process::Clock;
use arki_proto::event::v1::PersonErased;
use async_trait::async_trait;

use crate::channel::Channel;
use crate::storage::privacy;

const CONSUMER: &str = "communication.erasures";
const SUBJECTS: &[&str] = &[PersonErased::SUBJECT];

/// Hears whom to forget.
pub(crate) struct Forgetting {
    store: Store,
    channel: Arc<dyn Channel>,
    clock: Arc<dyn Clock>,
    consumer: Consumer,
}

impl Forgetting {
    /// Listens on `bus` from now on.
    pub(crate) async fn listen(
        store: Store,
        channel: Arc<dyn Channel>,
        clock: Arc<dyn Clock>,
        bus: &dyn Bus,
    ) -> Result<(), Error> {
        let consumer = Consumer::new(store.clone(), Arc::new(Erasures(Deliveries)));
        bus.subscribe(CONSUMER, SUBJECTS, Arc::new(Self { store, channel, clock, consumer })).await
    }

    async fn remove_letters(&self, tenant: TenantId, people: Vec<PersonId>) -> Result<(), Error> {
        let refused = |error: arki_database::Error| Error::Refused(error.into());
        let stopped = people.clone();
        self.store
            .claim("StopDeliveries", move |tx| {
                let people = stopped.clone();
                Box::pin(async move { privacy::stop(tx, tenant, &people).await })
            })
            .await
            .map_err(refused)?;
        let deliveries = privacy::deliveries(self.store.reader(), tenant, &people).await.map_err(refused)?;
        let now = self.clock.now();
        if deliveries.iter().any(|(_, claimed)| claimed.is_some_and(|end| end > now)) {
            // It may be written this very moment: the event comes again until it is settled or its claim has ended.
            return Err(Error::Refused("a letter to the person is on its way".into()));
        }
        let ids: Vec<_> = deliveries.into_iter().map(|(id, _)| id).collect();
        let removed = self.channel.forget(&ids).await;
        removed.map_err(|error| Error::Refused(format!("letters can't be removed: {}", error.kind()).into()))
    }
}

#[async_trait]
impl Sink for Forgetting {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        // What can't be read is put away by the consumer, as any such event.
        if let Ok(PersonErased { erasure: _, person, merged }) = event.decode() {
            let people = std::iter::once(&person).chain(&merged);
            let people: Result<Vec<_>, _> = people.map(|name| PersonId::from_name(name)).collect();
            if let Ok(people) = people {
                self.remove_letters(event.tenant, people).await?;
            }
        }
        self.consumer.deliver(event).await
    }
}

/// The rows of deliveries, and of who answered under a message.
struct Deliveries;

#[async_trait]
impl Forgets for Deliveries {
    fn service(&self) -> &'static str {
        "communication"
    }

    fn consumer(&self) -> &'static str {
        CONSUMER
    }

    async fn forget(
        &self,
        tx: &Tx,
        tenant: TenantId,
        people: &[PersonId],
    ) -> Result<Forgotten, arki_database::Error> {
        let rows = arki_privacy::erase(tx, tenant, people, privacy::ROOMS).await?;
        Ok(Forgotten { rows, limits: Vec::new() })
    }
}
