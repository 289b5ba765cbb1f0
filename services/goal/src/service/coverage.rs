use arki_ids::{TenantId, UnitId, VisionId};

use super::{Error, Goals};
use crate::domain::Organisation;
use crate::domain::coverage::{self, Report};
use crate::storage::{commitments, goals};

/// Whom a vision has reached, and the tree that the report speaks of.
#[derive(Clone, Debug)]
pub struct Coverage {
    pub report: Report,
    pub tree: Organisation,
}

impl Goals {
    /// Whom a vision has reached in a unit and below it, or in the whole organisation.
    pub async fn get_coverage(
        &self,
        tenant: TenantId,
        vision: VisionId,
        unit: Option<UnitId>,
    ) -> Result<Coverage, Error> {
        self.get_vision(tenant, vision).await?;
        // Everybody is counted, whatever part is asked for: what may be shown depends on the whole.
        let (tree, employees, minimum) = futures::try_join!(
            self.directory.tree(tenant),
            self.directory.employees(tenant),
            self.directory.minimum_group(tenant),
        )?;
        let reader = self.store.reader();
        let goals = goals::list_active(reader, tenant, vision).await?;
        let progress = commitments::list_progress(reader, tenant, vision).await?;
        let report = coverage::report(&tree, &employees, &goals, &progress, minimum);
        let report = match unit {
            None => report,
            Some(unit) => report.below(unit, &tree).ok_or(Error::UnitNotFound(unit))?,
        };
        Ok(Coverage { report, tree })
    }
}
