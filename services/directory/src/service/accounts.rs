//! Customer organisations and households.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{AccountId, TenantId, UnitId};
use arki_rpc::Caller;

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::Account;
use crate::domain::account::{Change, Details};
use crate::storage::{accounts, units};

impl Directory {
    /// Makes an account.
    pub async fn create_account(&self, asked: &Asked, details: Details) -> Result<Account, Error> {
        let tenant = asked.caller.tenant;
        let external_id = details.external_id.clone();
        let account = Account::create(AccountId::generate(), details, self.now());
        self.write("CreateAccount", asked, move |tx| {
            let account = account.clone();
            Box::pin(async move {
                check_unit(tx, tenant, account.details.unit).await?;
                accounts::save(tx, tenant, std::slice::from_ref(&account)).await?;
                Ok(account)
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }

    /// One account.
    pub async fn get_account(&self, caller: &Caller, account: AccountId) -> Result<Account, Error> {
        let found = accounts::find(self.store.reader(), caller.tenant, account).await?;
        found.ok_or(Error::AccountNotFound(account))
    }

    /// Accounts, oldest first.
    pub async fn list_accounts(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Account>, Error> {
        Ok(accounts::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes an account.
    pub async fn update_account(
        &self,
        asked: &Asked,
        account: AccountId,
        change: Change,
        etag: String,
    ) -> Result<Account, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let external_id = change.external_id.clone().flatten();
        self.write("UpdateAccount", asked, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let account =
                    accounts::find(tx, tenant, account).await?.ok_or(Error::AccountNotFound(account))?;
                check_etag(&etag, account.revision)?;
                check_unit(tx, tenant, change.unit.flatten()).await?;
                let changed = account.change(change, now);
                if changed != account {
                    accounts::save(tx, tenant, std::slice::from_ref(&changed)).await?;
                }
                Ok(changed)
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }
}

/// Refuses a unit that is not there.
pub(super) async fn check_unit(tx: &Tx, tenant: TenantId, unit: Option<UnitId>) -> Result<(), Error> {
    if let Some(unit) = unit {
        units::find(tx, tenant, unit).await?.ok_or(Error::UnitNotFound(unit))?;
    }
    Ok(())
}
