//! Tenants and their house rules.

use arki_database::page::{Page, PageRequest};
use arki_ids::{ApiKeyId, TenantId};
use arki_rpc::Caller;

use super::api_keys::new_secret;
use super::error::check_etag;
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::api_key::{Draft, Secret};
use crate::domain::tenant::{Change, HouseRules};
use crate::domain::{ApiKey, Tenant, scope};
use crate::storage::{self, tenants};

/// What the key that comes with a new tenant is called.
pub(super) const ADMINISTRATOR: &str = "administrator";

impl Directory {
    /// Makes a tenant with an administrator's key. The secret is none where the request was answered before.
    pub async fn create_tenant(
        &self,
        asked: &Asked,
        rules: HouseRules,
    ) -> Result<(Tenant, Option<Secret>), Error> {
        let now = self.now();
        let secret = new_secret();
        let tenant = Tenant::create(TenantId::generate(), rules, now)?;
        let id = tenant.id;
        let draft = Draft {
            display_name: ADMINISTRATOR.to_owned(),
            scopes: vec![scope::ADMIN.to_owned()],
            expire_time: None,
        };
        let key = ApiKey::create(ApiKeyId::generate(), draft, &secret, now);
        let hash = secret.hash();
        let tenant = self
            .write_recorded(
                "CreateTenant",
                asked,
                |tenant: &Tenant| vec![tenant.id.name()],
                move |tx| {
                    let (tenant, key) = (tenant.clone(), key.clone());
                    Box::pin(async move {
                        tenants::save(tx, &tenant).await?;
                        storage::api_keys::insert(tx, tenant.id, &key, &hash).await?;
                        Ok(tenant)
                    })
                },
            )
            .await?;
        // Another id than the one made now is that of the first answer, whose secret is nowhere any more.
        let is_new = tenant.id == id;
        Ok((tenant, is_new.then_some(secret)))
    }

    /// The caller's own tenant, or any for an operator.
    pub async fn get_tenant(&self, caller: &Caller, tenant: TenantId) -> Result<Tenant, Error> {
        authorize(caller, tenant)?;
        tenants::find(self.store.reader(), tenant).await?.ok_or(Error::TenantNotFound(tenant))
    }

    /// All tenants, oldest first.
    pub async fn list_tenants(&self, page: &PageRequest) -> Result<Page<Tenant>, Error> {
        Ok(tenants::list(self.store.reader(), page).await?)
    }

    /// Changes the house rules.
    pub async fn update_tenant(
        &self,
        asked: &Asked,
        tenant: TenantId,
        change: Change,
        etag: String,
    ) -> Result<Tenant, Error> {
        authorize(&asked.caller, tenant)?;
        let now = self.now();
        self.write_recorded(
            "UpdateTenant",
            asked,
            |tenant: &Tenant| vec![tenant.id.name()],
            move |tx| {
                let (change, etag) = (change.clone(), etag.clone());
                Box::pin(async move {
                    let tenant = tenant_of(tx, tenant).await?;
                    check_etag(&etag, tenant.revision)?;
                    let changed = tenant.change(change, now)?;
                    if changed != tenant {
                        tenants::save(tx, &changed).await?;
                    }
                    Ok(changed)
                })
            },
        )
        .await
    }
}

/// Whether there is another tenant is nobody's business but the operator's.
fn authorize(caller: &Caller, tenant: TenantId) -> Result<(), Error> {
    if caller.tenant == tenant || caller.allows(scope::OPERATE) {
        Ok(())
    } else {
        Err(Error::TenantNotFound(tenant))
    }
}
