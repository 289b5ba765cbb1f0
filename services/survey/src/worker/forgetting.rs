//! Forgetting people.

use arki_database::{Error, Tx};
use arki_ids::{PersonId, TenantId};
use arki_privacy::{Forgets, Forgotten, add};
use async_trait::async_trait;

use crate::storage::privacy;

/// Forgets what people answered and that they were asked. Counts that were told stay: they hold nobody, and counting
/// again would show what is missing.
pub struct Forgetting;

#[async_trait]
impl Forgets for Forgetting {
    fn service(&self) -> &'static str {
        "survey"
    }

    fn consumer(&self) -> &'static str {
        "survey.erasures"
    }

    async fn forget(&self, tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Forgotten, Error> {
        let mut limits = Vec::new();
        if privacy::anonymous_invitations(tx, tenant, people).await? > 0 {
            limits.push(privacy::ANONYMOUS.to_owned());
        }
        let mut rows = privacy::take_off_counts(tx, tenant, people).await?;
        for erased in arki_privacy::erase(tx, tenant, people, privacy::ROOMS).await? {
            add(&mut rows, &erased.kind, erased.rows);
        }
        Ok(Forgotten { rows, limits })
    }
}
