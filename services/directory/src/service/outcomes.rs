//! What customers did.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{AccountId, OutcomeId, TenantId};
use arki_rpc::Caller;

use super::accounts::check_unit;
use super::erasures::refuse_erased;
use super::error::check_etag;
use super::events::tell_outcomes;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Outcome;
use crate::domain::erasure::Key;
use crate::domain::outcome::{Change, Facts};
use crate::storage::{accounts, outcomes, people};

impl Directory {
    /// Records an outcome.
    pub async fn create_outcome(&self, asked: &Asked, facts: Facts) -> Result<Outcome, Error> {
        let (now, id) = (self.now(), OutcomeId::generate());
        let tenant = asked.caller.tenant;
        let external_id = facts.external_id.clone();
        facts.check()?;
        self.write("CreateOutcome", asked, move |tx| {
            let facts = facts.clone();
            Box::pin(async move {
                let outcome = Outcome::create(id, complete(tx, tenant, facts).await?, now);
                let key = outcome.facts.external_id.clone().map(Key::Outcome);
                refuse_erased(tx, tenant, key.into_iter().collect()).await?;
                save(tx, tenant, &outcome).await?;
                Ok(outcome)
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }

    /// One outcome.
    pub async fn get_outcome(&self, caller: &Caller, outcome: OutcomeId) -> Result<Outcome, Error> {
        let found = outcomes::find(self.store.reader(), caller.tenant, outcome).await?;
        found.ok_or(Error::OutcomeNotFound(outcome))
    }

    /// Outcomes in the order in which they were recorded, of one account or of all.
    pub async fn list_outcomes(
        &self,
        caller: &Caller,
        account: Option<AccountId>,
        page: &PageRequest,
    ) -> Result<Page<Outcome>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        if let Some(account) = account {
            accounts::find(reader, tenant, account).await?.ok_or(Error::AccountNotFound(account))?;
        }
        Ok(outcomes::list(reader, tenant, account, page).await?)
    }

    /// Corrects an outcome.
    pub async fn update_outcome(
        &self,
        asked: &Asked,
        outcome: OutcomeId,
        change: Change,
        etag: String,
    ) -> Result<Outcome, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let external_id = change.external_id.clone().flatten();
        self.write("UpdateOutcome", asked, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let outcome =
                    outcomes::find(tx, tenant, outcome).await?.ok_or(Error::OutcomeNotFound(outcome))?;
                check_etag(&etag, outcome.revision)?;
                let facts = outcome.facts.change(change);
                facts.check()?;
                let changed = outcome.with(complete(tx, tenant, facts).await?, now);
                if changed != outcome {
                    save(tx, tenant, &changed).await?;
                }
                Ok(changed)
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }
}

/// Refuses what is not there, and takes the account's unit where none is named.
async fn complete(tx: &Tx, tenant: TenantId, facts: Facts) -> Result<Facts, Error> {
    check_unit(tx, tenant, facts.unit).await?;
    if let Some(person) = facts.person {
        people::find_manager(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
    }
    let Some(account) = facts.account else { return Ok(facts) };
    let account = accounts::find(tx, tenant, account).await?.ok_or(Error::AccountNotFound(account))?;
    Ok(Facts { unit: facts.unit.or(account.details.unit), ..facts })
}

async fn save(tx: &Tx, tenant: TenantId, outcome: &Outcome) -> Result<(), Error> {
    let tenant = tenant_of(tx, tenant).await?;
    outcomes::save(tx, tenant.id, std::slice::from_ref(outcome)).await?;
    tell_outcomes(tx, &tenant, std::slice::from_ref(outcome), outcome.update_time).await
}
