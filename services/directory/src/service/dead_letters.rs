//! Events that a consumer of this service gave up on.

use arki_database::page::{Page, PageRequest};
use arki_events::dead_letters::{self, DeadLetter};
use arki_ids::DeadLetterId;
use arki_rpc::Caller;

use super::{Asked, Directory, Error};

impl Directory {
    /// The dead letters of the tenant.
    pub async fn list_dead_letters(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<DeadLetter>, Error> {
        Ok(dead_letters::list(&self.store, caller.tenant, page).await?)
    }

    /// Asks for a dead letter to be handed to its consumer again.
    pub async fn replay_dead_letter(&self, asked: &Asked, id: &str) -> Result<DeadLetter, Error> {
        let tenant = asked.caller.tenant;
        let missing = || Error::DeadLetterNotFound(id.to_owned());
        let letter: DeadLetterId = id.parse().map_err(|_| missing())?;
        // The request id is claimed first and the letter asked for after: asking twice for one letter is asking
        // once, so a crash in between or a retry does no harm.
        self.write_recorded(
            "ReplayDeadLetter",
            asked,
            |letter: &DeadLetterId| vec![letter.to_string()],
            move |_| Box::pin(async move { Ok(letter) }),
        )
        .await?;
        if !dead_letters::replay(&self.store, tenant, letter).await? {
            return Err(missing());
        }
        dead_letters::find(&self.store, tenant, letter).await?.ok_or_else(missing)
    }
}
