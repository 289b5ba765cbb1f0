//! From the outbox onto the bus.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arki_database::{Backend, Store};
use arki_ids::RequestId;
use futures::StreamExt;
use opentelemetry::metrics::Counter;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::bus::{self, Bus};
use crate::outbox::{BATCH, Claimed, Settled};
use crate::{dead_letters, inbox, outbox, time, trace};

/// How long the relay sleeps when nobody wakes it: rows whose pause or foreign claim ended announce nothing.
const POLL: Duration = Duration::from_secs(1);

/// The pause after a turn that published something. An event after a quiet time goes out at once; under load those of
/// many commits go out together, since each turn costs its store two more commits.
const BREATH: Duration = Duration::from_millis(200);

/// The pause after a failure of the bus or the database, doubled up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Aggregates whose events are published at the same time.
const CONCURRENCY: usize = 64;

/// When a claim is this old, what is left of it is given back: near the end of the lease another relay may
/// take the rows, and two would publish one aggregate side by side.
const CLAIM_USE: Duration = Duration::from_secs(20);

/// How often old rows are swept.
const SWEEP: Duration = Duration::from_secs(3600);

/// Rows of each table that are swept in one transaction: on SQLite everybody who wants to write waits for it.
const SWEPT: u64 = 1_000;

/// What wakes the relay of a store: every commit that appended an event.
pub fn wake(store: &Store) -> Arc<Notify> {
    store.announcements()
}

/// Publishes the events of one store. Several may run on a PostgreSQL schema, one on a SQLite file.
pub struct Relay {
    store: Store,
    bus: Arc<dyn Bus>,
    wake: Arc<Notify>,
    epoch: Option<String>,
    published: Counter<u64>,
}

/// A turn that could not go on.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Database(#[from] arki_database::Error),
    #[error(transparent)]
    Bus(#[from] bus::Error),
}

/// What comes between two turns.
enum Pause {
    None,
    Whole(Duration),
    /// At most this long: a commit ends it.
    UntilWoken(Duration),
}

/// What came of the events of one aggregate.
#[derive(Default)]
struct Outcome {
    published: u64,
    settled: Settled,
    unavailable: Option<bus::Error>,
}

impl Relay {
    pub fn new(store: Store, bus: Arc<dyn Bus>, wake: Arc<Notify>) -> Self {
        let published = opentelemetry::global::meter("arki.events")
            .u64_counter("arki_events_published")
            .with_description("Events that the bus has taken.")
            .build();
        Self { store, bus, wake, epoch: None, published }
    }

    /// Publishes until `shutdown`. What is under way is finished; the rest stays in the outbox.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let mut pause = FIRST_PAUSE;
        let mut failing = false;
        let mut swept: Option<Instant> = None;
        let mut fresh = self.store.backend() == Backend::Sqlite;
        while !shutdown.is_cancelled() {
            let sweep = swept.is_none_or(|at| at.elapsed() > SWEEP);
            let turn = async {
                if fresh {
                    outbox::release_all(&self.store).await?;
                }
                if sweep {
                    self.sweep().await?;
                }
                self.turn().await
            };
            let wait = match turn.await {
                Ok(published) => {
                    if failing {
                        tracing::info!("events are published again");
                    }
                    (pause, failing, fresh) = (FIRST_PAUSE, false, false);
                    if sweep {
                        swept = Some(Instant::now());
                    }
                    match published {
                        0 => Pause::UntilWoken(POLL),
                        BATCH.. => Pause::None,
                        _ => Pause::Whole(BREATH),
                    }
                }
                Err(error) => {
                    if !failing {
                        // Told once for an outage, not once for each try.
                        tracing::warn!(%error, "events wait in the outbox");
                    }
                    failing = true;
                    let wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    // In an outage every commit would else start another try.
                    Pause::Whole(wait)
                }
            };
            let (longest, wakes) = match wait {
                Pause::None => continue,
                Pause::Whole(time) => (time, false),
                Pause::UntilWoken(longest) => (longest, true),
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(longest) => {}
                () = self.wake.notified(), if wakes => {}
            }
        }
    }

    /// Publishes one claim and tells how many rows it had.
    async fn turn(&mut self) -> Result<usize, Error> {
        let epoch = self.epoch().await?;
        self.send_requested().await?;
        // A mark of its own for each claim: rows of a claim whose settling failed are not settled by the next.
        let mark = RequestId::random().to_string();
        let claimed = outbox::claim(&self.store, &mark).await?;
        let count = claimed.len();
        if count == 0 {
            return Ok(0);
        }
        let started = Instant::now();
        let outcomes: Vec<Outcome> = futures::stream::iter(by_aggregate(claimed))
            .map(|events| self.publish_in_order(events, started))
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut settled = Settled::default();
        let mut unavailable = None;
        for outcome in outcomes {
            self.published.add(outcome.published, &[]);
            settled.failed.extend(outcome.settled.failed);
            settled.untried.extend(outcome.settled.untried);
            unavailable = unavailable.or(outcome.unavailable);
        }
        outbox::settle(&self.store, &mark, epoch.as_deref(), settled).await?;
        match unavailable {
            Some(error) => Err(error.into()),
            None => Ok(count),
        }
    }

    /// Notices that the bus has lost its store, also while this process was down, and puts everything back that
    /// went into it.
    async fn epoch(&mut self) -> Result<Option<String>, Error> {
        let epoch = self.bus.epoch().await?;
        if let Some(current) = &epoch
            && self.epoch != epoch
        {
            let rows = outbox::publish_lost(&self.store, current).await?;
            if rows > 0 {
                tracing::warn!(rows, "the event bus has lost its store: events are published again");
            }
            self.epoch.clone_from(&epoch);
        }
        Ok(epoch)
    }

    async fn publish_in_order(&self, events: Vec<Claimed>, claimed: Instant) -> Outcome {
        let mut outcome = Outcome::default();
        let mut events = events.into_iter();
        for row in events.by_ref() {
            if claimed.elapsed() > CLAIM_USE {
                outcome.settled.untried.push(row);
                break;
            }
            match self.publish(&row).await {
                Ok(()) => outcome.published += 1,
                Err(error @ bus::Error::Unavailable(_)) => {
                    // The row is not to blame and gets no pause: the relay itself pauses.
                    outcome.unavailable = Some(error);
                    outcome.settled.untried.push(row);
                    break;
                }
                Err(error) => {
                    let (event, subject, attempts) = (&row.event.id, &row.event.subject, row.attempts + 1);
                    tracing::warn!(%error, event, subject, attempts, "an event was not taken and is tried again");
                    outcome.settled.failed.push(row);
                    break;
                }
            }
        }
        outcome.settled.untried.extend(events);
        outcome
    }

    async fn publish(&self, row: &Claimed) -> Result<(), bus::Error> {
        let event = row.event.clone();
        let span = tracing::info_span!(
            parent: None,
            "events.publish",
            otel.kind = "producer",
            messaging.message.id = event.id,
            messaging.destination.name = event.subject,
        );
        trace::continue_in(&span, event.traceparent.as_deref());
        self.bus.publish(event).instrument(span).await
    }

    /// Sends the dead letters that an operator asked for.
    async fn send_requested(&self) -> Result<(), Error> {
        for requested in dead_letters::requested(&self.store).await? {
            match self.bus.publish(requested.event.clone()).await {
                Ok(()) => dead_letters::sent(&self.store, &requested).await?,
                Err(error @ bus::Error::Unavailable(_)) => return Err(error.into()),
                // The request stays and is tried again with the next turn; events go on meanwhile.
                Err(error) => tracing::warn!(%error, event = requested.event.id, "a replay was not taken"),
            }
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<(), Error> {
        loop {
            let swept = self
                .store
                .claim("SweepEvents", |tx| {
                    Box::pin(async move {
                        let now = time::now(tx).await?;
                        let published = outbox::sweep(tx, now, SWEPT).await?;
                        let handled = inbox::sweep(tx, now, SWEPT).await?;
                        Ok::<_, arki_database::Error>(published.max(handled))
                    })
                })
                .await?;
            if swept < SWEPT {
                return Ok(());
            }
        }
    }
}

/// Events of one aggregate together, in their order; aggregates in the order of their first event.
fn by_aggregate(claimed: Vec<Claimed>) -> Vec<Vec<Claimed>> {
    let mut groups: Vec<Vec<Claimed>> = Vec::new();
    let mut places = HashMap::new();
    for row in claimed {
        let place = *places.entry((row.event.tenant, row.event.aggregate.clone())).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(row);
    }
    groups
}
