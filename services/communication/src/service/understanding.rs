use arki_ids::{MessageId, TenantId};

use super::{Error, Service};
use crate::domain::{UnitUnderstanding, understanding};
use crate::storage::{answers, deliveries};

impl Service {
    /// How many understood a message: the whole first, then the units of today's tree.
    pub(crate) async fn understanding(
        &self,
        tenant: TenantId,
        message: MessageId,
    ) -> Result<Vec<UnitUnderstanding>, Error> {
        self.get_message(tenant, message).await?;
        let minimum_group = self.directory.tenant(tenant).await?.minimum_group;
        let tree = self.directory.tree(tenant).await?;
        let reader = self.store.reader();
        let delivered = deliveries::reached(reader, tenant, message).await?;
        let counts = answers::counts(reader, tenant, message).await?;
        Ok(understanding(&tree, &delivered, &counts, minimum_group))
    }
}
