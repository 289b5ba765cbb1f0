//! Events that a consumer of this service gave up on.

use arki_database::page::{Page, PageRequest};
use arki_events::dead_letters::{self, DeadLetter};
use arki_ids::TenantId;

use super::error::Error;
use super::surveys::Surveys;

impl Surveys {
    pub async fn dead_letters(
        &self,
        tenant: TenantId,
        page: &PageRequest,
    ) -> Result<Page<DeadLetter>, Error> {
        Ok(dead_letters::list(&self.store, tenant, page).await?)
    }

    /// Asks for a dead letter to be sent once more. Asking twice is asking once: its consumer tells an event that
    /// it has taken from one that it has not.
    pub async fn replay_dead_letter(&self, tenant: TenantId, id: &str) -> Result<DeadLetter, Error> {
        let not_found = || Error::DeadLetterNotFound(id.to_owned());
        let parsed = id.parse().map_err(|_| not_found())?;
        if !dead_letters::replay(&self.store, tenant, parsed).await? {
            return Err(not_found());
        }
        dead_letters::find(&self.store, tenant, parsed).await?.ok_or_else(not_found)
    }
}
