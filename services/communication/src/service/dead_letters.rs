use arki_events::dead_letters::{self, DeadLetter};
use arki_ids::{DeadLetterId, TenantId};

use super::{Asked, Error, Listed, Service, Wanted, arguments};

impl Service {
    pub(crate) async fn list_dead_letters(
        &self,
        tenant: TenantId,
        wanted: &Wanted,
    ) -> Result<Listed<DeadLetter>, Error> {
        let arguments = arguments(&["dead letters", &tenant.to_string()]);
        let page = dead_letters::list(&self.store, tenant, &self.page(wanted, arguments)?).await?;
        Ok(self.listed(page, arguments))
    }

    /// Asks for one more try. What came of it shows in the letter a little later.
    pub(crate) async fn replay_dead_letter(&self, asked: Asked, id: &str) -> Result<DeadLetter, Error> {
        let tenant = asked.tenant;
        let not_found = || Error::DeadLetterNotFound(id.to_owned());
        let letter: DeadLetterId = id.parse().map_err(|_| not_found())?;
        // The request is remembered by itself, since asking for the same try twice is asking for it once.
        let once = asked.once("ReplayDeadLetter", self.now());
        self.store
            .write_once("RememberReplay", once, move |_| Box::pin(async move { Ok::<_, Error>(letter) }))
            .await?;
        if !dead_letters::replay(&self.store, tenant, letter).await? {
            return Err(not_found());
        }
        dead_letters::find(&self.store, tenant, letter).await?.ok_or_else(not_found)
    }
}
