//! An ear on the bus.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arki_events::{Bus, Envelope, Error, Payload, Sink};
use tokio::sync::Notify;

use crate::patience::PATIENCE;

/// Writes down every event that it hears. Events of one aggregate come in their order, those of different ones in
/// any, so a test that looks at an order looks at one aggregate.
#[derive(Debug, Default)]
pub struct Recorder {
    heard: Mutex<Heard>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Heard {
    events: Vec<Envelope>,
    /// How many of them [`Recorder::next`] has passed.
    passed: usize,
}

impl Recorder {
    /// A recorder that listens on a bus from now on.
    pub async fn on(bus: &dyn Bus, subjects: &'static [&'static str]) -> Arc<Self> {
        let recorder = Arc::new(Self::default());
        bus.subscribe("test.recorder", subjects, recorder.clone()).await.unwrap();
        recorder
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that came so far.
    pub fn all(&self) -> Vec<Envelope> {
        self.heard().events.clone()
    }

    /// The events of one kind, as soon as there are `count`.
    ///
    /// # Panics
    /// When they don't come in good time.
    pub async fn of_kind<P: Payload>(&self, count: usize) -> Vec<P> {
        let found = || {
            let heard = self.heard();
            let of_kind = heard.events.iter().filter(|event| event.subject == P::SUBJECT);
            of_kind.map(|event| event.decode::<P>().unwrap()).collect::<Vec<_>>()
        };
        let came = self.until(|| Some(found()).filter(|found| found.len() >= count)).await;
        came.unwrap_or_else(|| panic!("{} of {count} events {} came", found().len(), P::SUBJECT))
    }

    /// The next event of a kind. Those of other kinds before it are passed over.
    ///
    /// # Panics
    /// When none comes in good time.
    pub async fn next<P: Payload>(&self) -> (Envelope, P) {
        let next = || {
            let mut heard = self.heard();
            let Heard { events, passed } = &mut *heard;
            let place = *passed + events[*passed..].iter().position(|event| event.subject == P::SUBJECT)?;
            *passed = place + 1;
            Some(events[place].clone())
        };
        let event = self.until(next).await.unwrap_or_else(|| panic!("no further event {} came", P::SUBJECT));
        let payload = event.decode().unwrap();
        (event, payload)
    }

    /// Looks again at each event until there is what is looked for, or patience ends.
    async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        let looking = async {
            loop {
                // From before the look, so that an event in between is not missed.
                let news = self.news.notified();
                if let Some(found) = look() {
                    return found;
                }
                news.await;
            }
        };
        tokio::time::timeout(PATIENCE, looking).await.ok()
    }
}

#[async_trait::async_trait]
impl Sink for Recorder {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        self.heard().events.push(event);
        self.news.notify_waiters();
        Ok(())
    }
}
