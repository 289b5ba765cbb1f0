//! Forgetting people. Everything that is counted here is counts of groups, which hold nobody and stay as they are.

use arki_database::{Error, Tx};
use arki_ids::{PersonId, TenantId};
use arki_privacy::{Forgets, Forgotten};
use async_trait::async_trait;

use crate::storage::privacy;

/// Lets metrics forget who owned and reviewed them.
pub(crate) struct Forgetting;

#[async_trait]
impl Forgets for Forgetting {
    fn service(&self) -> &'static str {
        "scorecard"
    }

    fn consumer(&self) -> &'static str {
        "scorecard.erasures"
    }

    async fn forget(&self, tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Forgotten, Error> {
        let rows = arki_privacy::erase(tx, tenant, people, privacy::ROOMS).await?;
        Ok(Forgotten { rows, limits: Vec::new() })
    }
}
