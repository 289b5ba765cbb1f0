use std::collections::{HashMap, HashSet};

use arki_ids::{PersonId, UnitId};
use arki_rpc::Caller;

use super::{Error, Goals};

impl Goals {
    /// The units within a caller's reach by the tree of today; none where every unit is.
    pub async fn units_within(&self, caller: &Caller) -> Result<Option<HashSet<UnitId>>, Error> {
        if caller.reach.rows().is_none() {
            return Ok(None);
        }
        let tree = self.directory.tree(caller.tenant).await?;
        let units = tree.units();
        let above = |parent: Option<usize>| parent.and_then(|at| units.get(at)).map(|unit| unit.id);
        let parents: HashMap<_, _> = units.iter().map(|unit| (unit.id, above(unit.parent))).collect();
        Ok(Some(caller.reach.within(&parents)))
    }
}

/// What somebody commits to is between them and the goal: whoever does not reach the whole tenant reads and sets only
/// their own, and no leader reads those of the people below.
pub fn is_own(caller: &Caller, person: PersonId) -> bool {
    caller.reach.rows().is_none() || caller.reach.is_own(person)
}
