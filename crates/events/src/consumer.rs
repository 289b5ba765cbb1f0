//! Taking events in: the inbox row and the effect in one transaction.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arki_database::{Store, Tx};
use async_trait::async_trait;
use futures::FutureExt;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;
use tokio::sync::oneshot;
use tracing::Instrument;

use crate::bus::{Bus, Error, Sink};
use crate::envelope::Envelope;
use crate::handler::{BoxError, Handler, HandlerError};
use crate::{dead_letters, inbox, trace};

/// How often an event is tried before it is a dead letter.
const ATTEMPTS: i32 = 5;

/// The pause after the first failed try, doubled after each further one: 1.5 seconds in all, since everything
/// behind the event waits for it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Events that share a transaction at most.
const GROUP: usize = 250;

/// Registers `handler` with the bus, keeping what it does in `store`.
pub async fn consume(store: &Store, bus: &dyn Bus, handler: Arc<dyn Handler>) -> Result<(), Error> {
    let (consumer, subjects) = (handler.consumer(), handler.subjects());
    bus.subscribe(consumer, subjects, Arc::new(Consumer::new(store.clone(), handler))).await
}

/// The sink of one handler.
///
/// Events that are delivered at the same time share a transaction, as jobs of a batcher do; but there is no
/// task: whoever finds nobody at work does the work for all who wait.
pub struct Consumer {
    store: Store,
    handler: Arc<dyn Handler>,
    waiting: Mutex<Vec<Delivery>>,
    turn: tokio::sync::Mutex<()>,
    events: Counter<u64>,
}

struct Delivery {
    event: Envelope,
    answer: oneshot::Sender<Result<(), Error>>,
}

impl Consumer {
    pub fn new(store: Store, handler: Arc<dyn Handler>) -> Self {
        let events = opentelemetry::global::meter("arki.events")
            .u64_counter("arki_events_consumed")
            .with_description("Events that a consumer was done with, by what came of them.")
            .build();
        Self { store, handler, waiting: Mutex::default(), turn: tokio::sync::Mutex::default(), events }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take_group(&self) {
        let group: Vec<Delivery> = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(GROUP);
            waiting.drain(..count).collect()
        };
        let (events, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|Delivery { event, answer }| (event, answer)).unzip();
        if events.len() > 1 {
            let events: Arc<[Envelope]> = events.clone().into();
            if self.apply(events).await.is_ok() {
                self.count("handled", answers.len() as u64);
                for answer in answers {
                    let _ = answer.send(Ok(()));
                }
                return;
            }
            // One of them is bad, and nothing of the group was committed. Each for itself finds it out.
        }
        for (event, answer) in events.into_iter().zip(answers) {
            let _ = answer.send(self.settle(event).await);
        }
    }

    /// Handles one event, however it ends: done, or put away as a dead letter.
    async fn settle(&self, event: Envelope) -> Result<(), Error> {
        let group: Arc<[Envelope]> = [event.clone()].into();
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        let error = loop {
            match self.apply(Arc::clone(&group)).await {
                Ok(()) => {
                    self.count("handled", 1);
                    return Ok(());
                }
                Err(HandlerError::Transient(error)) if attempt < ATTEMPTS => {
                    tracing::debug!(consumer = self.handler.consumer(), event = event.id, %error, attempt, "trying again");
                    tokio::time::sleep(pause).await;
                    attempt += 1;
                    pause *= 2;
                }
                // Should the store come back between this try and the parking of the event, every event of the
                // outage's last moment would become a dead letter: it must come again instead.
                Err(HandlerError::Transient(error)) if is_away(&error) => return Err(Error::Refused(error)),
                Err(HandlerError::Transient(error) | HandlerError::Poison(error)) => break error.to_string(),
            }
        };
        self.park(event, attempt, error).await
    }

    async fn park(&self, event: Envelope, attempts: i32, error: String) -> Result<(), Error> {
        let consumer = self.handler.consumer();
        let (id, subject, reason) = (event.id.clone(), event.subject.clone(), error.clone());
        let parked = self
            .store
            .write("ParkDeadLetter", move |tx| {
                let (event, error) = (event.clone(), error.clone());
                Box::pin(async move { dead_letters::park(tx, consumer, &event, attempts, &error).await })
            })
            .await;
        match parked {
            Ok(()) => {
                self.count("parked", 1);
                tracing::error!(
                    consumer,
                    event = id,
                    subject,
                    attempts,
                    error = reason,
                    "gave up on an event"
                );
                Ok(())
            }
            // The store itself is away, so the event is not to blame: it must come again.
            Err(unavailable) => Err(Error::Refused(unavailable.into())),
        }
    }

    async fn apply(&self, events: Arc<[Envelope]>) -> Result<(), HandlerError> {
        let handler = Arc::clone(&self.handler);
        let applied = self.store.write("ConsumeEvents", move |tx| {
            let (handler, events) = (Arc::clone(&handler), Arc::clone(&events));
            Box::pin(async move {
                for event in &*events {
                    let span = tracing::info_span!(
                        parent: None,
                        "events.consume",
                        otel.kind = "consumer",
                        messaging.message.id = event.id,
                        messaging.destination.name = event.subject,
                        messaging.consumer.group.name = handler.consumer(),
                    );
                    trace::continue_in(&span, event.traceparent.as_deref());
                    apply_one(tx, &*handler, event).instrument(span).await?;
                }
                Ok(())
            })
        });
        // A handler that panics would do so again, and must not take the queue behind the event with it.
        AssertUnwindSafe(applied)
            .catch_unwind()
            .await
            .unwrap_or_else(|_| Err(HandlerError::poison("the handler panicked")))
    }

    fn count(&self, outcome: &'static str, events: u64) {
        let attributes =
            [KeyValue::new("consumer", self.handler.consumer()), KeyValue::new("outcome", outcome)];
        self.events.add(events, &attributes);
    }
}

/// Whether it was the store that failed, and not the event.
fn is_away(error: &BoxError) -> bool {
    matches!(error.downcast_ref(), Some(arki_database::Error::Unavailable))
}

async fn apply_one(tx: &Tx, handler: &dyn Handler, event: &Envelope) -> Result<(), HandlerError> {
    let fresh = inbox::record(tx, handler.consumer(), event).await?;
    if fresh || (event.replay && handler.replays()) {
        handler.handle(tx, event).await?;
    }
    if event.replay {
        dead_letters::resolve(tx, handler.consumer(), event).await?;
    }
    Ok(())
}

#[async_trait]
impl Sink for Consumer {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Delivery { event, answer });
        loop {
            let turn = tokio::select! {
                biased;
                result = &mut answered => {
                    // The worker went away with the event in its hands: its transaction was rolled back.
                    return result.unwrap_or_else(|_| Err(Error::Refused("the delivery was interrupted".into())));
                }
                turn = self.turn.lock() => turn,
            };
            if let Ok(result) = answered.try_recv() {
                return result;
            }
            self.take_group().await;
            drop(turn);
        }
    }
}
