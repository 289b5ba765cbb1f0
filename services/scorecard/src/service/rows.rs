use std::collections::{HashMap, HashSet};

use arki_ids::UnitId;
use arki_rpc::Caller;

use super::{Error, Scorecard};
use crate::storage::organisation;

impl Scorecard {
    /// The units within a caller's reach by the tree of today; none where every unit is. What the caller sees there is
    /// what anybody sees there: the reach takes away from what the release gate lets pass, and adds nothing.
    pub async fn units_within(&self, caller: &Caller) -> Result<Option<HashSet<UnitId>>, Error> {
        if caller.reach.rows().is_none() {
            return Ok(None);
        }
        let today = self.rules(caller.tenant).await?.day(self.clock.now());
        let versions = organisation::list_versions(self.store.reader(), caller.tenant).await?;
        let tree: HashMap<_, _> = versions
            .into_iter()
            .filter(|version| version.valid_from <= today && version.valid_to.is_none_or(|to| today < to))
            .map(|version| (version.unit, version.parent))
            .collect();
        Ok(Some(caller.reach.within(&tree)))
    }
}
