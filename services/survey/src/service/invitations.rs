//! Who is asked, with the links.

use arki_database::page::{Page, PageRequest};
use arki_ids::{TenantId, WaveId};

use super::error::Error;
use super::surveys::Surveys;
use crate::domain::{Invitation, State, Token, Wave};
use crate::storage::invitations::{self, Filter};
use crate::storage::waves;

impl Surveys {
    /// The invitations of a wave, each with its token while there is one.
    pub async fn invitations(
        &self,
        tenant: TenantId,
        id: WaveId,
        filter: Filter,
        page: &PageRequest,
    ) -> Result<(Wave, Page<(Invitation, Option<Token>)>), Error> {
        let reader = self.store.reader();
        let wave = waves::find(reader, tenant, id).await?.ok_or(Error::WaveNotFound(id))?;
        let page = invitations::list(reader, tenant, id, filter, page).await?;
        let secret = self.secret().await?;
        let destroyed = !wave.anonymity.is_linked() && matches!(wave.state, State::Closing | State::Closed);
        let page = page.map(|invitation| {
            let token = (!destroyed).then(|| secret.token(tenant, id, invitation.id));
            (invitation, token)
        });
        Ok((wave, page))
    }
}
