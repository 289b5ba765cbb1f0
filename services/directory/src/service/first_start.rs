//! The first tenant and the first key, when there is nobody yet.

use arki_database::Store;
use arki_ids::{ApiKeyId, TenantId};
use chrono::{DateTime, Utc};

use super::api_keys::new_secret;
use super::tenants::ADMINISTRATOR;
use super::{Directory, Error};
use crate::domain::api_key::{Draft, Secret};
use crate::domain::tenant::HouseRules;
use crate::domain::{ApiKey, Tenant, scope};
use crate::storage::{api_keys, tenants};

/// What the first tenant is called.
const DEFAULT: &str = "default";

/// The key of the first tenant's administrator, who may make further tenants too.
#[derive(Clone, Debug)]
pub struct FirstKey {
    pub tenant: TenantId,
    pub api_key: ApiKeyId,
    /// Shown this once.
    pub secret: Secret,
}

impl Directory {
    /// When there is no tenant at all: makes one with an administrator's key of a new secret.
    pub async fn first_start(&self) -> Result<Option<FirstKey>, Error> {
        self.first_start_with(new_secret()).await
    }

    /// As [`Directory::first_start`], with a secret that is known before: then it can be kept safe first.
    pub async fn first_start_with(&self, secret: Secret) -> Result<Option<FirstKey>, Error> {
        first_start(&self.store, secret, self.now()).await
    }

    /// Whether there is any tenant.
    pub async fn is_started(&self) -> Result<bool, Error> {
        Ok(tenants::any(self.store.reader()).await?)
    }
}

async fn first_start(store: &Store, secret: Secret, now: DateTime<Utc>) -> Result<Option<FirstKey>, Error> {
    let tenant = Tenant::create(TenantId::generate(), HouseRules::named(DEFAULT), now)?;
    let draft = Draft {
        display_name: ADMINISTRATOR.to_owned(),
        scopes: vec![scope::ADMIN.to_owned(), scope::OPERATE.to_owned()],
        expire_time: None,
    };
    let key = ApiKey::create(ApiKeyId::generate(), draft, &secret, now);
    let (first, hash) =
        (FirstKey { tenant: tenant.id, api_key: key.id, secret: secret.clone() }, secret.hash());
    let is_first = store
        .write("FirstStart", move |tx| {
            let (tenant, key) = (tenant.clone(), key.clone());
            Box::pin(async move {
                // Asked in the same transaction: of several replicas that start together one makes the tenant.
                if tenants::any(tx).await? {
                    return Ok::<_, Error>(false);
                }
                tenants::save(tx, &tenant).await?;
                api_keys::insert(tx, tenant.id, &key, &hash).await?;
                Ok(true)
            })
        })
        .await?;
    Ok(is_first.then_some(first))
}
