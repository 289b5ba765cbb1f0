use arki_database::page::{Page, PageRequest};
use arki_events::dead_letters::{self, DeadLetter};
use arki_ids::TenantId;

use super::{Call, Error, Goals};

impl Goals {
    pub async fn list_dead_letters(
        &self,
        tenant: TenantId,
        page: &PageRequest,
    ) -> Result<Page<DeadLetter>, Error> {
        Ok(dead_letters::list(&self.store, tenant, page).await?)
    }

    /// Asks for a dead letter to be handed to its consumer once more.
    pub async fn replay_dead_letter(&self, call: Call, id: String) -> Result<DeadLetter, Error> {
        let tenant = call.tenant;
        // The request id guards against its use for another letter. A second replay of the same one does no harm: a
        // consumer passes over what it has handled.
        self.write("ReplayDeadLetter", call, self.now(), |_| Box::pin(async { Ok(()) })).await?;
        let not_found = || Error::DeadLetterNotFound(id.clone());
        let letter = id.parse().map_err(|_| not_found())?;
        if !dead_letters::replay(&self.store, tenant, letter).await? {
            return Err(not_found());
        }
        dead_letters::find(&self.store, tenant, letter).await?.ok_or_else(not_found)
    }
}
