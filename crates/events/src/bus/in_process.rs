use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use futures::future::join_all;

use super::{Bus, Error, Sink};
use crate::envelope::{Envelope, matches};

struct Subscription {
    consumer: &'static str,
    subjects: &'static [&'static str],
    sink: Arc<dyn Sink>,
}

/// The bus of services that share a process: a function call. Events are kept by nobody on the way, so
/// `publish` waits until every consumer is done with one; until then it stays in the outbox.
#[derive(Clone, Default)]
pub struct InProcess {
    subscriptions: Arc<RwLock<Vec<Subscription>>>,
}

impl InProcess {
    pub fn new() -> Self {
        Self::default()
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
