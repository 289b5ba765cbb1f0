//! Deliveries are sent.
//!
//! A lane claims a batch, sends it, and settles it in the transaction that claims the next one. The claim is on disk
//! before the first mail goes out, and a lane that is late by its own clock does not begin a mail at all; so of two
//! senders on one queue only one sends, also when one of them sleeps in between.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arki_database::Store;
use arki_ids::{MessageId, PersonId};
use arki_process::{CancellationToken, Clock};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use futures::StreamExt;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Counter;

use super::planner::reservation;
use crate::channel::{Addressed, Channel, Handover, Letterhead};
use crate::domain::{GIVE_UP_AFTER, LATE, MAX_ATTEMPTS, Message, letter, pause_after};
use crate::peers::{Directory, Sending};
use crate::service::{link, preference_link};
use crate::storage::queue::{self, Batch, Claimed, Key, Outcome, Terms};

/// The pause before a server or a directory that could not be reached is tried again.
const UNREACHABLE: TimeDelta = TimeDelta::seconds(30);

/// The pause after the database failed, before what was sent is settled once more.
const SETTLE_PAUSE: Duration = Duration::from_millis(500);

/// How often a lane that is to stop still tries to settle. What it can't settle becomes of unknown outcome.
const LAST_TRIES: u32 = 10;

/// Sends what is due. Clones share everything; each of them may be a lane.
#[derive(Clone)]
pub(crate) struct Sender {
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) channel: Arc<dyn Channel>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) letterhead: Letterhead,
    pub(crate) public_url: Arc<str>,
    pub(crate) batch: u32,
    pub(crate) sessions: usize,
    pub(crate) lease: TimeDelta,
    /// How long one mail can take at worst.
    pub(crate) longest: TimeDelta,
    pub(crate) poll: Duration,
    pub(crate) outcomes: Counter<u64>,
}

/// Counts what comes of deliveries.
pub(crate) fn counter() -> Counter<u64> {
    opentelemetry::global::meter("arki.communication")
        .u64_counter("arki_communication_deliveries")
        .with_description("Deliveries that were tried, by what came of it.")
        .build()
}

type Settled = Vec<(Key, Outcome)>;

/// Who of what is about to be sent may not be written to, and why; none where the directory does not say.
type Standing = BTreeMap<Sending, Option<BTreeMap<PersonId, &'static str>>>;

/// People, each with the time at which they are written to; none is now.
type People = Vec<(PersonId, Option<DateTime<Utc>>)>;

/// What a delivery belongs to.
fn sending(delivery: &Claimed) -> Sending {
    let Key { tenant, campaign, occurrence, .. } = &delivery.key;
    let reservation = reservation(*campaign, occurrence);
    Sending { tenant: *tenant, reservation, is_critical: delivery.is_critical }
}

impl Sender {
    /// Sends until it is told to stop; then finishes what it has in hand.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut settled = Settled::new();
        while !stop.is_cancelled() {
            match self.exchange(&settled, self.batch).await {
                Ok(batch) => {
                    let is_idle = batch.seen == 0;
                    settled = self.send(batch).await;
                    if is_idle {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = tokio::time::sleep(self.poll) => {}
                        }
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "could not settle or claim deliveries, trying again");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(SETTLE_PAUSE) => {}
                    }
                }
            }
        }
        self.settle(settled).await;
    }

    /// Claims, sends and settles one batch, and tells how many rows it looked at.
    pub(crate) async fn round(&self) -> Result<usize, arki_database::Error> {
        let batch = self.exchange(&[], self.batch).await?;
        let seen = batch.seen;
        let settled = self.send(batch).await;
        self.exchange(&settled, 0).await?;
        Ok(seen)
    }

    async fn settle(&self, settled: Settled) {
        if settled.is_empty() {
            return;
        }
        for _ in 0..LAST_TRIES {
            match self.exchange(&settled, 0).await {
                Ok(_) => return,
                Err(error) => tracing::warn!(%error, "could not settle deliveries before the end"),
            }
            tokio::time::sleep(SETTLE_PAUSE).await;
        }
    }

    async fn exchange(&self, settled: &[(Key, Outcome)], limit: u32) -> Result<Batch, arki_database::Error> {
        let now = self.now();
        let terms = Terms {
            now,
            lease_end: now + self.lease,
            limit: limit.into(),
            repeatable: self.channel.is_repeatable(),
        };
        queue::exchange(&self.store, settled, terms).await
    }

    /// To the microsecond: a lease is compared with what the database keeps of it.
    fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    async fn send(&self, batch: Batch) -> Settled {
        let Batch { deliveries, messages, seen: _ } = batch;
        let standing = self.ask(&deliveries).await;
        let (messages, standing) = (&messages, &standing);
        let each = deliveries.into_iter().map(|delivery| async move {
            let outcome = self.send_one(&delivery, messages, standing).await?;
            self.outcomes.add(1, &[KeyValue::new("outcome", outcome.word())]);
            Some((delivery.key, outcome))
        });
        futures::stream::iter(each)
            .buffer_unordered(self.sessions)
            .filter_map(std::future::ready)
            .collect()
            .await
    }

    /// Asks which of those who are about to be written to may be: who withdrew since it was planned is not. One call for
    /// each occurrence.
    async fn ask(&self, deliveries: &[Claimed]) -> Standing {
        let mut sendings: BTreeMap<Sending, People> = BTreeMap::new();
        let now = self.now();
        for delivery in deliveries {
            // On time, it is counted where it was planned: counted some seconds later, what comes every week would stand
            // nearer than a week to the next. Late, it is a contact of now, for which there may be no room.
            let planned = (now - delivery.due_time <= LATE).then_some(delivery.due_time);
            sendings.entry(sending(delivery)).or_default().push((delivery.person, planned));
        }
        let mut standing = Standing::new();
        for (sending, people) in sendings {
            let refused = self.directory.reserve(&sending, &people, true).await;
            if let Err(error) = &refused {
                tracing::debug!(%error, "the directory does not say who may be written to");
            }
            standing.insert(sending, refused.ok());
        }
        standing
    }

    /// None where the lease has ended: then the delivery is somebody else's.
    async fn send_one(
        &self,
        delivery: &Claimed,
        messages: &BTreeMap<MessageId, Message>,
        standing: &Standing,
    ) -> Option<Outcome> {
        let Claimed {
            key,
            person,
            message,
            language,
            fallback,
            due_time,
            attempts,
            token,
            lease_end,
            is_critical: _,
            may_unsubscribe,
        } = delivery;
        match standing.get(&sending(delivery)) {
            Some(Some(refused)) => {
                if let Some(why) = refused.get(person) {
                    return Some(Outcome::Skipped((*why).to_owned()));
                }
            }
            Some(None) | None => {
                let problem = "the directory could not be asked whether to send it".to_owned();
                return Some(self.back(*due_time, problem));
            }
        }
        let Some(message) = messages.get(message) else {
            return Some(Outcome::Failed("the message is no longer there".to_owned()));
        };
        let recipient = match self.directory.recipient(key.tenant, *person, self.now()).await {
            Ok(Ok(recipient)) => recipient,
            Ok(Err(reason)) => return Some(Outcome::Skipped(reason.to_owned())),
            Err(error) => {
                tracing::debug!(%error, "no address from the directory");
                return Some(
                    self.back(*due_time, "the directory could not be asked for the address".to_owned()),
                );
            }
        };
        // Who finds it in the header finds it in the text too.
        let unsubscribe = may_unsubscribe.then(|| preference_link(&self.public_url, token));
        let page = link(&self.public_url, token);
        let letter = letter(message, language, fallback, &page, unsubscribe.as_deref());
        let now = self.now();
        let addressed = Addressed {
            delivery: key.delivery,
            recipient: &recipient,
            letter: &letter,
            unsubscribe: unsubscribe.as_deref(),
            now,
        };
        let mail = match self.letterhead.write(&addressed) {
            Ok(mail) => mail,
            Err(problem) => return Some(Outcome::Failed(problem)),
        };
        if now >= *lease_end {
            tracing::warn!(delivery = %key.delivery, "a claim ended before its delivery was begun");
            return None;
        }
        // Begun now, it might not be over when the claim ends; given back now, it is not of unknown outcome. So all of
        // a batch is settled while its claim holds, however slow the server is.
        if now + self.longest > *lease_end {
            return Some(self.back(*due_time, "the server was too slow to come to it".to_owned()));
        }
        Some(match self.channel.hand_over(&mail).await {
            Handover::Accepted => Outcome::Sent,
            Handover::Refused(problem) => Outcome::Failed(problem),
            Handover::Bounced(problem) => {
                // Should it not get through, the address bounces again the next time.
                if let Err(error) = self.directory.report_bounce(key.tenant, recipient.address).await {
                    tracing::debug!(%error, "a bounce was not noted");
                }
                Outcome::Failed(problem)
            }
            Handover::Unknown(problem) => Outcome::Unknown(problem),
            Handover::Unreachable(problem) => self.back(*due_time, problem),
            Handover::Later(problem) if *attempts >= MAX_ATTEMPTS => {
                Outcome::Failed(format!("{problem}, given up after {attempts} attempts"))
            }
            Handover::Later(problem) => Outcome::Later {
                at: (self.now() + pause_after(*attempts, rand::random())).trunc_subsecs(6),
                problem,
            },
        })
    }

    fn back(&self, due_time: DateTime<Utc>, problem: String) -> Outcome {
        let now = self.now();
        if now - due_time > GIVE_UP_AFTER {
            return Outcome::Failed(format!("{problem}, given up after {} days", GIVE_UP_AFTER.num_days()));
        }
        Outcome::Back { at: now + UNREACHABLE, problem }
    }
}
