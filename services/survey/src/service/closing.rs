//! Closing a wave, in two transactions.
//!
//! The first ends the taking, and waits for groups of answers that are on their way. What is there then does not
//! change any more, so it is counted without holding anything up. The second tells the counts, destroys the links
//! of an anonymous wave, and closes. A process that dies in between leaves a wave that reads as closed, and the
//! sweeper of any replica finishes it.

use arki_database::Once;
use arki_events::Draft;
use arki_ids::{TenantId, WaveId};

use super::announce::{self, LINES};
use super::error::Error;
use super::surveys::{Surveys, check_etag};
use super::waves::Counted;
use crate::domain::State;
use crate::domain::tally::Tally;
use crate::storage::intake::{self, Hold};
use crate::storage::{invitations, responses, waves};

/// Waves that one sweep closes.
const SWEPT: u64 = 100;

impl Surveys {
    pub async fn close_wave(
        &self,
        tenant: TenantId,
        id: WaveId,
        etag: &str,
        once: Once,
    ) -> Result<Counted, Error> {
        let (now, etag) = (self.now(), etag.to_owned());
        self.store
            .write_once("CloseWave", once, move |tx| {
                let etag = etag.clone();
                Box::pin(async move {
                    intake::hold_waves(tx, &[(tenant, id)], Hold::Alone).await?;
                    let mut wave = waves::find(tx, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
                    check_etag(&etag, wave.revision)?;
                    wave.begin_closing(now)?;
                    waves::update(tx, tenant, &wave).await?;
                    Ok::<(), Error>(())
                })
            })
            .await?;
        self.finish_closing(tenant, id).await?;
        self.wave(tenant, id).await
    }

    /// Closes the waves of all tenants whose time is over, and finishes those whose closing was interrupted.
    pub async fn close_due_waves(&self) -> Result<(), Error> {
        for (tenant, id) in waves::list_due(self.store.reader(), self.now(), SWEPT).await? {
            // One that fails must not hold up the others.
            if let Err(error) = self.close_due_wave(tenant, id).await {
                tracing::warn!(%error, wave = %id, "a wave that is over could not be closed");
            }
        }
        Ok(())
    }

    async fn close_due_wave(&self, tenant: TenantId, id: WaveId) -> Result<(), Error> {
        let now = self.now();
        self.store
            .write("CloseDueWave", move |tx| {
                Box::pin(async move {
                    intake::hold_waves(tx, &[(tenant, id)], Hold::Alone).await?;
                    let mut wave = waves::find(tx, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
                    // Its end may have been moved, or somebody else closed it.
                    if wave.state == State::Open && wave.state_at(now) == State::Closed {
                        wave.begin_closing(now)?;
                        waves::update(tx, tenant, &wave).await?;
                    }
                    Ok::<(), Error>(())
                })
            })
            .await?;
        self.finish_closing(tenant, id).await
    }

    /// Counts what was answered and closes. Does nothing for a wave that isn't closing.
    async fn finish_closing(&self, tenant: TenantId, id: WaveId) -> Result<(), Error> {
        let reader = self.store.reader();
        let wave = waves::find(reader, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
        if wave.state != State::Closing {
            return Ok(());
        }
        let (now, aggregate) = (self.now(), id.name());
        let mut events = Vec::new();
        if wave.counts_at_close() {
            let version = self.versions.get(reader, tenant, wave.version).await?;
            let mut tally = Tally::new(&version);
            responses::for_each(reader, tenant, id, |response| {
                let answers = response.answers.iter().map(|(key, value)| (key.as_str(), value));
                tally.add(response.unit, response.day, answers);
            })
            .await?;
            let parts = tally.parts(LINES).into_iter();
            events.extend(
                parts.map(|part| Draft::new(tenant, &aggregate, now, &announce::counted(&wave, part))),
            );
        }
        let roster = waves::list_roster(reader, tenant, id).await?;
        events.push(Draft::new(tenant, &aggregate, now, &announce::closed(&wave, &roster)));
        self.store
            .write("FinishClosing", move |tx| {
                let events = events.clone();
                Box::pin(async move {
                    let mut wave = waves::find(tx, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
                    if wave.state != State::Closing {
                        return Ok(());
                    }
                    wave.finish_closing()?;
                    waves::update(tx, tenant, &wave).await?;
                    if !wave.anonymity.is_linked() {
                        invitations::destroy_links(tx, tenant, id).await?;
                        intake::forget_imported(tx, tenant, id).await?;
                        responses::rewrite(tx, tenant, id).await?;
                    }
                    Ok(arki_events::append_all(tx, &events).await?)
                })
            })
            .await
    }
}
