//! Hearing that data has been kept long enough, purging it in short parts, and confirming each.

use arki_database::{Error, Tx};
use arki_events::{Envelope, Handler, HandlerError, Payload, append};
use arki_ids::TenantId;
use arki_proto::event::v1::{ErasedRows, PurgeConfirmed, PurgeCutoffs, PurgeDue};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::erase::Rows;

/// How many rows a part touches at most, so that its transaction is short: on SQLite all other writers wait for it.
pub const MOST: usize = 2_000;

/// Up to when things are kept. What is older goes; what is as old, or newer, stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cutoffs {
    /// When the wave of a link closed.
    pub link: DateTime<Utc>,
    /// Raw answers.
    pub answer: DateTime<Utc>,
    /// Own words.
    pub comment: DateTime<Utc>,
    /// People with whom there is no relation any more.
    pub contact: DateTime<Utc>,
    /// Deliveries of messages.
    pub delivery: DateTime<Utc>,
}

impl Cutoffs {
    /// Reads what came with an event. One that is not there would be no reason to purge anything.
    pub fn read(event: &PurgeDue) -> Result<Self, HandlerError> {
        let missing = || HandlerError::poison("a purge without its cutoffs");
        let PurgeCutoffs { link_time, answer_time, comment_time, contact_time, delivery_time } =
            event.cutoffs.as_ref().ok_or_else(missing)?;
        let [link, answer, comment, contact, delivery] =
            [link_time, answer_time, comment_time, contact_time, delivery_time].map(|time| {
                let time = time.as_ref()?;
                DateTime::from_timestamp(time.seconds, u32::try_from(time.nanos).ok()?)
            });
        Ok(Self {
            link: link.ok_or_else(missing)?,
            answer: answer.ok_or_else(missing)?,
            comment: comment.ok_or_else(missing)?,
            contact: contact.ok_or_else(missing)?,
            delivery: delivery.ok_or_else(missing)?,
        })
    }
}

/// What one part purged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// How many rows of each kind.
    pub rows: Vec<Rows>,
    /// Where the next part begins, in words of the service; none where nothing is left.
    pub next: Option<String>,
}

/// How a service purges.
#[async_trait]
pub trait Purger: Send + Sync + 'static {
    /// The name of the service, as the contract has it.
    fn service(&self) -> &'static str;

    /// The name of the consumer, such as `survey.purges`.
    fn consumer(&self) -> &'static str;

    /// Purges the part that begins at `after`, about [`MOST`] rows. A second time there is nothing left of it, and
    /// nothing happens.
    async fn purge(&self, tx: &Tx, tenant: TenantId, cutoffs: &Cutoffs, after: &str)
    -> Result<Purged, Error>;
}

/// Whether an event is for a service: it begins a purge of all, or goes on with the one of this service.
pub fn is_for(event: &PurgeDue, service: &str) -> bool {
    event.service.is_empty() || event.service == service
}

/// Purges as the directory tells, and confirms each part in its transaction; the next one is an event of its own, told
/// in the same transaction. So a purge goes on where it was stopped, and nobody holds it meanwhile.
pub struct Purges<P>(pub P);

#[async_trait]
impl<P: Purger> Handler for Purges<P> {
    fn consumer(&self) -> &'static str {
        self.0.consumer()
    }

    fn subjects(&self) -> &'static [&'static str] {
        &[PurgeDue::SUBJECT]
    }

    /// What is older than the cutoffs of then is older than those of today.
    fn replays(&self) -> bool {
        true
    }

    async fn handle(&self, tx: &Tx, event: &Envelope) -> Result<(), HandlerError> {
        let due: PurgeDue = event.decode()?;
        let service = self.0.service();
        if !is_for(&due, service) {
            return Ok(());
        }
        let cutoffs = Cutoffs::read(&due)?;
        let Purged { rows, next } = self.0.purge(tx, event.tenant, &cutoffs, &due.after).await?;
        let rows = rows
            .into_iter()
            .map(|Rows { kind, rows }| ErasedRows { kind, rows: i64::try_from(rows).unwrap_or(i64::MAX) });
        let PurgeDue { purge, service: _, part, after: _, cutoffs } = due;
        let confirmed = PurgeConfirmed {
            purge: purge.clone(),
            service: service.to_owned(),
            part,
            rows: rows.collect(),
            is_done: next.is_none(),
        };
        append(tx, event.tenant, &purge, event.time, &confirmed).await?;
        if let Some(after) = next {
            let more = PurgeDue {
                purge: purge.clone(),
                service: service.to_owned(),
                part: part + 1,
                after,
                cutoffs,
            };
            append(tx, event.tenant, &purge, event.time, &more).await?;
        }
        Ok(())
    }
}

/// A service in which nothing goes by time. It confirms all the same, so that the report is whole.
pub struct NothingByTime {
    /// The name of the service.
    pub service: &'static str,
    /// The name of the consumer.
    pub consumer: &'static str,
}

#[async_trait]
impl Purger for NothingByTime {
    fn service(&self) -> &'static str {
        self.service
    }

    fn consumer(&self) -> &'static str {
        self.consumer
    }

    async fn purge(&self, _: &Tx, _: TenantId, _: &Cutoffs, _: &str) -> Result<Purged, Error> {
        Ok(Purged::default())
    }
}
