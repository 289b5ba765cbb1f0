//! Who is let in besides by keys, and what they may do.

use arki_database::page::{Page, PageRequest};
use arki_ids::{IdentityProviderId, RoleBindingId, TenantId, UnitId};
use arki_rpc::Caller;

use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::identity_provider::Details;
use crate::domain::person::Kind;
use crate::domain::role_binding::{self, AccessRole, Member, Rights, Terms, Vouched};
use crate::domain::{IdentityProvider, Refused, RoleBinding};
use crate::storage::people::{self, Filter};
use crate::storage::scim::{groups, users};
use crate::storage::{identity_providers, role_bindings, units};

/// Most providers of one issuer that are looked at.
const MOST_PROVIDERS: u64 = 100;

impl Directory {
    /// Makes a provider.
    pub async fn create_identity_provider(
        &self,
        asked: &Asked,
        details: Details,
    ) -> Result<IdentityProvider, Error> {
        let tenant = asked.caller.tenant;
        let details = details.checked().map_err(Error::Refused)?;
        let provider = IdentityProvider::create(IdentityProviderId::generate(), details, self.now());
        let name = |provider: &IdentityProvider| vec![provider.id.name()];
        self.write_recorded("CreateIdentityProvider", asked, name, move |tx| {
            let provider = provider.clone();
            Box::pin(async move {
                identity_providers::save(tx, tenant, &provider).await?;
                Ok(provider)
            })
        })
        .await
    }

    /// One provider.
    pub async fn get_identity_provider(
        &self,
        caller: &Caller,
        provider: IdentityProviderId,
    ) -> Result<IdentityProvider, Error> {
        let found = identity_providers::find(self.store.reader(), caller.tenant, provider).await?;
        found.ok_or(Error::IdentityProviderNotFound(provider))
    }

    /// Providers, oldest first.
    pub async fn list_identity_providers(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<IdentityProvider>, Error> {
        Ok(identity_providers::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes a provider. `change` makes the new details of the old ones.
    pub async fn update_identity_provider(
        &self,
        asked: &Asked,
        provider: IdentityProviderId,
        change: impl Fn(Details) -> Details + Clone + Send + Sync + 'static,
        etag: String,
    ) -> Result<IdentityProvider, Error> {
        let (tenant, now) = (asked.caller.tenant, self.now());
        let name = |provider: &IdentityProvider| vec![provider.id.name()];
        self.write_recorded("UpdateIdentityProvider", asked, name, move |tx| {
            let (change, etag) = (change.clone(), etag.clone());
            Box::pin(async move {
                let stored = identity_providers::find(tx, tenant, provider).await?;
                let stored = stored.ok_or(Error::IdentityProviderNotFound(provider))?;
                check_etag(&etag, stored.revision)?;
                let details = change(stored.details.clone()).checked().map_err(Error::Refused)?;
                let changed = stored.with(details, now);
                if changed != stored {
                    identity_providers::save(tx, tenant, &changed).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Takes a provider away.
    pub async fn delete_identity_provider(
        &self,
        asked: &Asked,
        provider: IdentityProviderId,
    ) -> Result<(), Error> {
        let tenant = asked.caller.tenant;
        self.write_recorded(
            "DeleteIdentityProvider",
            asked,
            move |(): &()| vec![provider.name()],
            move |tx| {
                Box::pin(async move {
                    let was_there = identity_providers::delete(tx, tenant, provider).await?;
                    if was_there { Ok(()) } else { Err(Error::IdentityProviderNotFound(provider)) }
                })
            },
        )
        .await
    }

    /// Makes a binding of no more than its maker holds.
    pub async fn create_role_binding(&self, asked: &Asked, terms: Terms) -> Result<RoleBinding, Error> {
        let tenant = asked.caller.tenant;
        let terms = terms.checked().map_err(Error::Refused)?;
        check_held(&asked.caller, terms.role)?;
        self.check_members(tenant, &terms).await?;
        let binding = RoleBinding::create(RoleBindingId::generate(), terms, self.now());
        let name = |binding: &RoleBinding| vec![binding.id.name()];
        self.write_recorded("CreateRoleBinding", asked, name, move |tx| {
            let binding = binding.clone();
            Box::pin(async move {
                role_bindings::save(tx, tenant, &binding).await?;
                Ok(binding)
            })
        })
        .await
    }

    /// One binding.
    pub async fn get_role_binding(
        &self,
        caller: &Caller,
        binding: RoleBindingId,
    ) -> Result<RoleBinding, Error> {
        let found = role_bindings::find(self.store.reader(), caller.tenant, binding).await?;
        found.ok_or(Error::RoleBindingNotFound(binding))
    }

    /// Bindings, oldest first.
    pub async fn list_role_bindings(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<RoleBinding>, Error> {
        Ok(role_bindings::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Changes a binding. `change` makes the new terms of the old ones.
    pub async fn update_role_binding(
        &self,
        asked: &Asked,
        binding: RoleBindingId,
        change: impl Fn(Terms) -> Terms + Clone + Send + Sync + 'static,
        etag: String,
    ) -> Result<RoleBinding, Error> {
        let (tenant, now) = (asked.caller.tenant, self.now());
        let before = self.get_role_binding(&asked.caller, binding).await?;
        let after = change(before.terms.clone()).checked().map_err(Error::Refused)?;
        // Whoever could not give it can't take it either, nor turn it into another one.
        check_held(&asked.caller, before.terms.role)?;
        check_held(&asked.caller, after.role)?;
        self.check_members(tenant, &after).await?;
        let caller = asked.caller.clone();
        let name = |binding: &RoleBinding| vec![binding.id.name()];
        self.write_recorded("UpdateRoleBinding", asked, name, move |tx| {
            let (change, etag, caller) = (change.clone(), etag.clone(), caller.clone());
            Box::pin(async move {
                let stored = role_bindings::find(tx, tenant, binding).await?;
                let stored = stored.ok_or(Error::RoleBindingNotFound(binding))?;
                check_etag(&etag, stored.revision)?;
                let terms = change(stored.terms.clone()).checked().map_err(Error::Refused)?;
                // Somebody else may have changed it in between.
                check_held(&caller, stored.terms.role)?;
                check_held(&caller, terms.role)?;
                let changed = stored.with(terms, now);
                if changed != stored {
                    role_bindings::save(tx, tenant, &changed).await?;
                }
                Ok(changed)
            })
        })
        .await
    }

    /// Takes a binding away.
    pub async fn delete_role_binding(&self, asked: &Asked, binding: RoleBindingId) -> Result<(), Error> {
        let (tenant, caller) = (asked.caller.tenant, asked.caller.clone());
        self.write_recorded(
            "DeleteRoleBinding",
            asked,
            move |(): &()| vec![binding.name()],
            move |tx| {
                let caller = caller.clone();
                Box::pin(async move {
                    let stored = role_bindings::find(tx, tenant, binding).await?;
                    check_held(&caller, stored.ok_or(Error::RoleBindingNotFound(binding))?.terms.role)?;
                    role_bindings::delete(tx, tenant, binding).await?;
                    Ok(())
                })
            },
        )
        .await
    }

    /// The providers of an issuer, over all tenants.
    pub async fn find_identity_providers(
        &self,
        issuer: &str,
    ) -> Result<Vec<(TenantId, IdentityProvider)>, Error> {
        Ok(identity_providers::of_issuer(self.store.reader(), issuer, MOST_PROVIDERS).await?)
    }

    /// What somebody may do for whom a provider vouches, and who it is.
    pub async fn resolve_subject(
        &self,
        tenant: TenantId,
        mut vouched: Vouched,
    ) -> Result<(Vouched, Rights), Error> {
        let (reader, now) = (self.store.reader(), self.now());
        if let Some(email) = &vouched.email {
            let filter =
                Filter { kind: Some(Kind::Employee), email: Some(email.clone()), ..Filter::default() };
            let page = PageRequest { size: 2, after: None };
            let found = people::list(reader, tenant, &filter, &page).await?.items;
            // An address that two people share is nobody's.
            if let [person] = found.as_slice()
                && person.profile.is_active()
            {
                vouched.person = Some(person.id);
            }
        }
        if let Some(person) = vouched.person {
            let today = self.today(tenant).await?;
            let nodes = units::on_day(reader, tenant, today).await?;
            vouched.leads =
                nodes.into_iter().filter(|node| node.leader == Some(person)).map(|node| node.unit).collect();
            let groups = users::groups_of(reader, tenant, &[person]).await?.remove(&person);
            vouched.scim_groups = groups.unwrap_or_default().into_iter().map(|(group, _)| group).collect();
        }
        let bindings = role_bindings::all(reader, tenant).await?;
        let rights = role_binding::rights(&bindings, &vouched, now).ok_or(Error::NoRole)?;
        Ok((vouched, rights))
    }

    async fn check_members(&self, tenant: TenantId, terms: &Terms) -> Result<(), Error> {
        let reader = self.store.reader();
        if let Member::Person(person) = terms.member {
            people::find(reader, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
        }
        if let Member::ScimGroup(group) = terms.member
            && groups::of_ids(reader, tenant, &[group]).await?.is_empty()
        {
            let unknown = Refused::new("member", "is no group that SCIM keeps");
            return Err(Error::Refused(vec![unknown]));
        }
        if let Some(provider) = terms.identity_provider {
            let found = identity_providers::find(reader, tenant, provider).await?;
            found.ok_or(Error::IdentityProviderNotFound(provider))?;
        }
        if let Some(unit) = terms.unit {
            check_unit(units::find(reader, tenant, unit).await?.is_some(), unit)?;
        }
        Ok(())
    }
}

fn check_unit(is_there: bool, unit: UnitId) -> Result<(), Error> {
    if is_there { Ok(()) } else { Err(Error::UnitNotFound(unit)) }
}

/// Nobody gives what they don't hold.
fn check_held(caller: &Caller, role: AccessRole) -> Result<(), Error> {
    match role.scopes().iter().find(|scope| !caller.allows(scope)) {
        Some(missing) => Err(Error::ScopeNotHeld((*missing).to_owned())),
        None => Ok(()),
    }
}
