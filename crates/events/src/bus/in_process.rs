use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use tokio::sync::watch;

use super::{Bus, Error, Sink};
use crate::envelope::{Envelope, matches};

/// How long an event waits for the bus to be opened before it goes back to the outbox: less than a relay may hold it.
const PATIENCE: Duration = Duration::from_secs(5);

struct Subscription {
    consumer: &'static str,
    subjects: &'static [&'static str],
    sink: Arc<dyn Sink>,
}

/// The bus of services that share a process: a function call. Events are kept by nobody on the way, so
/// `publish` waits until every consumer is done with one; until then it stays in the outbox.
#[derive(Clone)]
pub struct InProcess {
    subscriptions: Arc<RwLock<Vec<Subscription>>>,
    opened: watch::Sender<bool>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new()
    }
}

impl InProcess {
    /// A bus whose consumers are there before anything is published.
    pub fn new() -> Self {
        Self { subscriptions: Arc::default(), opened: watch::Sender::new(true) }
    }

    /// A bus that carries nothing before [`open`](Self::open): for services that come one after the other, of which the
    /// first has events from before a crash that the last must hear.
    pub fn closed() -> Self {
        Self { subscriptions: Arc::default(), opened: watch::Sender::new(false) }
    }

    /// Everybody has subscribed.
    pub fn open(&self) {
        self.opened.send_replace(true);
    }

    fn sinks(&self, subject: &str) -> Vec<Arc<dyn Sink>> {
        let subscriptions = self.subscriptions.read().unwrap_or_else(PoisonError::into_inner);
        subscriptions
            .iter()
            .filter(|subscription| subscription.subjects.iter().any(|pattern| matches(pattern, subject)))
            .map(|subscription| Arc::clone(&subscription.sink))
            .collect()
    }
}

#[async_trait]
impl Bus for InProcess {
    async fn publish(&self, event: Envelope) -> Result<(), Error> {
        let mut opened = self.opened.subscribe();
        if tokio::time::timeout(PATIENCE, opened.wait_for(|open| *open)).await.is_err() {
            return Err(Error::Unavailable("not every service of the process has come up".into()));
        }
        let sinks = self.sinks(&event.subject);
        // One consumer that fails keeps none of the others waiting; those who are done pass over the event
        // when it comes again.
        let delivered = join_all(sinks.iter().map(|sink| sink.deliver(event.clone()))).await;
        delivered.into_iter().collect()
    }

    async fn subscribe(
        &self,
        consumer: &'static str,
        subjects: &'static [&'static str],
        sink: Arc<dyn Sink>,
    ) -> Result<(), Error> {
        let mut subscriptions = self.subscriptions.write().unwrap_or_else(PoisonError::into_inner);
        if subscriptions.iter().any(|subscription| subscription.consumer == consumer) {
            return Err(Error::Config(format!(
                "two consumers are called {consumer}: give each its own name"
            )));
        }
        subscriptions.push(Subscription { consumer, subjects, sink });
        Ok(())
    }
}
