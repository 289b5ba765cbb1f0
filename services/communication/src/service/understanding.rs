use std::collections::HashMap;

use arki_ids::MessageId;
use arki_rpc::Caller;

use super::{Error, Service};
use crate::domain::{UnitUnderstanding, understanding};
use crate::storage::{answers, deliveries};

impl Service {
    /// How many understood a message: the whole first, then the units of today's tree.
    ///
    /// Whoever does not reach the whole tenant gets the units within reach alone, with the same figures as anybody.
    pub(crate) async fn understanding(
        &self,
        caller: &Caller,
        message: MessageId,
    ) -> Result<Vec<UnitUnderstanding>, Error> {
        let tenant = caller.tenant;
        self.get_message(tenant, message).await?;
        let minimum_group = self.directory.tenant(tenant).await?.minimum_group;
        let tree = self.directory.tree(tenant).await?;
        let reader = self.store.reader();
        let delivered = deliveries::reached(reader, tenant, message).await?;
        let counts = answers::counts(reader, tenant, message).await?;
        let mut units = understanding(&tree, &delivered, &counts, minimum_group);
        if caller.reach.rows().is_some() {
            let parents: HashMap<_, _> = tree.iter().map(|unit| (unit.id, unit.parent)).collect();
            let within = caller.reach.within(&parents);
            units.retain(|one| one.unit.is_some_and(|unit| within.contains(&unit)));
        }
        Ok(units)
    }
}
