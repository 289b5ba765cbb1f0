//! Job roles.

use arki_database::page::{Page, PageRequest};
use arki_ids::RoleId;
use arki_rpc::Caller;

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::Role;
use crate::domain::role::Change;
use crate::storage::roles;

impl Directory {
    /// Makes a role.
    pub async fn create_role(
        &self,
        asked: &Asked,
        display_name: String,
        external_id: Option<String>,
    ) -> Result<Role, Error> {
        let tenant = asked.caller.tenant;
        let role = Role::create(RoleId::generate(), display_name, external_id.clone(), self.now());
        self.write("CreateRole", asked, move |tx| {
            let role = role.clone();
            Box::pin(async move {
                roles::save(tx, tenant, std::slice::from_ref(&role)).await?;
                Ok(role)
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }

    /// One role.
    pub async fn get_role(&self, caller: &Caller, role: RoleId) -> Result<Role, Error> {
        roles::find(self.store.reader(), caller.tenant, role).await?.ok_or(Error::RoleNotFound(role))
    }

    /// Roles, oldest first.
    pub async fn list_roles(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Role>, Error> {
        Ok(roles::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes a role.
    pub async fn update_role(
        &self,
        asked: &Asked,
        role: RoleId,
        change: Change,
        etag: String,
    ) -> Result<Role, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        let external_id = change.external_id.clone().flatten();
        self.write("UpdateRole", asked, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let role = roles::find(tx, tenant, role).await?.ok_or(Error::RoleNotFound(role))?;
                check_etag(&etag, role.revision)?;
                let changed = role.change(change, now);
                if changed != role {
                    roles::save(tx, tenant, std::slice::from_ref(&changed)).await?;
                }
                Ok(changed)
            })
        })
        .await
        .map_err(|error| error.or_taken(external_id.as_deref()))
    }
}
