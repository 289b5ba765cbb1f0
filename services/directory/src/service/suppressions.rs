//! Addresses to which nothing is sent.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{SuppressionId, TenantId};
use arki_rpc::Caller;
use chrono::{DateTime, SubsecRound, Utc};

use super::{Asked, Directory, Error};
use crate::domain::Refused;
use crate::domain::consent::{Channel, Purpose};
use crate::domain::suppression::{HashKey, Reason, Suppression, normalized};
use crate::sealing::random;
use crate::storage::suppressions::{self, StoredKey};

/// What is to be sent nothing to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppress {
    pub address: String,
    pub channel: Channel,
    pub purpose: Option<Purpose>,
    pub reason: Reason,
    pub source: String,
    pub expire_time: Option<DateTime<Utc>>,
}

impl Directory {
    /// Sends nothing to an address from now on.
    pub async fn add_suppression(&self, asked: &Asked, suppress: Suppress) -> Result<Suppression, Error> {
        let tenant = asked.caller.tenant;
        let entry = self.suppression(tenant, suppress).await?;
        self.write("AddSuppression", asked, move |tx| {
            let entry = entry.clone();
            Box::pin(async move { Ok(suppressions::save(tx, tenant, &entry).await?) })
        })
        .await
    }

    /// Notes that the server of an address refused it for good.
    pub async fn report_bounce(
        &self,
        tenant: TenantId,
        address: String,
        channel: Channel,
    ) -> Result<(), Error> {
        let suppress = Suppress {
            address,
            channel,
            purpose: None,
            reason: Reason::HardBounce,
            source: "mail server".to_owned(),
            expire_time: None,
        };
        let entry = self.suppression(tenant, suppress).await?;
        self.store
            .write("ReportBounce", move |tx| {
                let entry = entry.clone();
                Box::pin(async move {
                    suppressions::save(tx, tenant, &entry).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Entries, oldest first.
    pub async fn list_suppressions(
        &self,
        caller: &Caller,
        reason: Option<Reason>,
        page: &PageRequest,
    ) -> Result<Page<Suppression>, Error> {
        Ok(suppressions::list(self.store.reader(), caller.tenant, reason, page).await?)
    }

    /// Removes an entry.
    pub async fn remove_suppression(&self, asked: &Asked, entry: SuppressionId) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "RemoveSuppression",
            asked,
            move |_: &()| vec![entry.name()],
            move |tx| {
                Box::pin(async move {
                    let was_there = suppressions::delete(tx, tenant, entry).await?;
                    if was_there { Ok(()) } else { Err(Error::SuppressionNotFound(entry)) }
                })
            },
        )
        .await
    }

    /// The entries of an address that hold now.
    pub async fn check_suppression(
        &self,
        caller: &Caller,
        channel: Channel,
        address: &str,
    ) -> Result<Vec<Suppression>, Error> {
        let hash = self.hash_key(caller.tenant).await?.hash(channel, &normalized(channel, address)?);
        let now = self.now();
        let mut found = suppressions::of_addresses(self.store.reader(), caller.tenant, &[hash]).await?;
        let entries = found.remove(&hash).unwrap_or_default();
        Ok(entries.into_iter().filter(|entry| entry.holds_at(now)).collect())
    }

    async fn suppression(&self, tenant: TenantId, suppress: Suppress) -> Result<Suppression, Error> {
        let Suppress { address, channel, purpose, reason, source, expire_time } = suppress;
        let now = self.now();
        let expire_time = expire_time.map(|end| end.trunc_subsecs(6));
        if expire_time.is_some_and(|end| end <= now) {
            return Err(Refused::new("expire_time", "must be later than now").into());
        }
        let hash = self.hash_key(tenant).await?.hash(channel, &normalized(channel, &address)?);
        Ok(Suppression {
            id: SuppressionId::generate(),
            channel,
            hash,
            purpose,
            reason,
            source,
            create_time: now,
            expire_time,
        })
    }

    /// The key of a tenant's hashes, made when it is first needed; sealed where there is a key to seal with.
    pub(super) async fn hash_key(&self, tenant: TenantId) -> Result<HashKey, Error> {
        if let Some(stored) = suppressions::find_key(self.store.reader(), tenant).await? {
            return self.opened(tenant, stored);
        }
        let made = self.fresh_key(tenant)?;
        let kept = self.store.claim("MakeContactKey", move |tx| {
            let made = made.clone();
            Box::pin(async move { keep_key(tx, tenant, made).await })
        });
        self.opened(tenant, kept.await?)
    }

    /// The same inside of a transaction.
    pub(super) async fn hash_key_in(&self, tx: &Tx, tenant: TenantId) -> Result<HashKey, Error> {
        let stored = match suppressions::find_key(tx, tenant).await? {
            Some(stored) => stored,
            None => keep_key(tx, tenant, self.fresh_key(tenant)?).await?,
        };
        self.opened(tenant, stored)
    }

    fn opened(&self, tenant: TenantId, stored: StoredKey) -> Result<HashKey, Error> {
        let StoredKey { key, is_sealed } = stored;
        let key = if is_sealed { self.sealer.open(&belongs_to(tenant), &key)? } else { key };
        let key = key.try_into().map_err(|_| arki_database::Error::Corrupt("contact_key.key".to_owned()))?;
        Ok(HashKey::new(key))
    }

    fn fresh_key(&self, tenant: TenantId) -> Result<StoredKey, Error> {
        let fresh: [u8; 32] = random();
        let is_sealed = self.sealer.is_able();
        let key = if is_sealed { self.sealer.seal(&belongs_to(tenant), &fresh)? } else { fresh.to_vec() };
        Ok(StoredKey { key, is_sealed })
    }
}

/// Of several that make one at once, one stays, and all use that one.
async fn keep_key(tx: &Tx, tenant: TenantId, made: StoredKey) -> Result<StoredKey, Error> {
    suppressions::insert_key(tx, tenant, &made).await?;
    Ok(suppressions::find_key(tx, tenant).await?.unwrap_or(made))
}

fn belongs_to(tenant: TenantId) -> String {
    format!("{tenant}/contact_key")
}
