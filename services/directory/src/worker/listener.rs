//! Hearing every event of every service, and putting it into the queues of the endpoints that want it.

use std::sync::Arc;

use arki_database::{Store, Tx};
use arki_events::{Bus, Consumer, Envelope, Error, Handler, HandlerError, Sink};
use arki_ids::WebhookDeliveryId;
use arki_process::Clock;
use arki_webhooks::{Catalogue, Event};
use async_trait::async_trait;
use chrono::SubsecRound as _;

use crate::domain::webhook::Delivery;
use crate::storage::webhooks::{endpoints, fan_out};

const CONSUMER: &str = "directory.webhooks";
const SUBJECTS: &[&str] = &["arki.>"];

/// Hears events. What leaves nothing to do is passed over before it costs a transaction: most tenants have no endpoint,
/// and events that stay inside Arki are many.
pub(crate) struct Listener {
    store: Store,
    consumer: Consumer,
}

impl Listener {
    /// Listens on `bus` from now on. `public_url` is where the pages of this Arki are.
    pub(crate) async fn listen(
        store: Store,
        bus: &dyn Bus,
        clock: Arc<dyn Clock>,
        public_url: String,
    ) -> Result<(), Error> {
        let consumer = Consumer::new(store.clone(), Arc::new(FanOut { clock, public_url }));
        bus.subscribe(CONSUMER, SUBJECTS, Arc::new(Self { store, consumer })).await
    }
}

#[async_trait]
impl Sink for Listener {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        if Catalogue::get().of_subject(&event.subject).is_none() {
            return Ok(());
        }
        match fan_out::anybody_listens(self.store.reader(), event.tenant).await {
            Ok(true) => self.consumer.deliver(event).await,
            Ok(false) => Ok(()),
            Err(error) => Err(Error::Refused(error.into())),
        }
    }
}

/// Makes the deliveries of an event.
struct FanOut {
    clock: Arc<dyn Clock>,
    public_url: String,
}

#[async_trait]
impl Handler for FanOut {
    fn consumer(&self) -> &'static str {
        CONSUMER
    }

    fn subjects(&self) -> &'static [&'static str] {
        SUBJECTS
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let Some(known) = Catalogue::get().of_subject(&event.subject) else { return Ok(()) };
        let now = self.clock.now().trunc_subsecs(6);
        // What is sent again from history was told before an endpoint was made, and is none of its business.
        let is_news = |created| !event.replay || created <= event.time;
        let deliveries: Vec<_> = endpoints::all(tx, event.tenant)
            .await?
            .into_iter()
            .filter(|endpoint| endpoint.wants(&known.name) && is_news(endpoint.create_time))
            .map(|endpoint| {
                let of = (event.id.as_str(), known.name.as_str(), event.aggregate.as_str());
                Delivery::new(WebhookDeliveryId::generate(), endpoint.id, of, now)
            })
            .collect();
        if deliveries.is_empty() {
            return Ok(());
        }
        let told = Event {
            id: &event.id,
            tenant: &event.tenant.name(),
            subject: &event.aggregate,
            time: event.time,
            traceparent: event.traceparent.as_deref(),
            public_url: &self.public_url,
        };
        let body = told
            .body(known, &event.payload)
            .ok_or_else(|| HandlerError::poison(format!("the payload of {} can't be read", event.subject)))?;
        fan_out::keep_event(tx, event.tenant, &event.id, &body, now).await?;
        fan_out::insert(tx, event.tenant, &deliveries).await?;
        Ok(())
    }
}
