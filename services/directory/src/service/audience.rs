//! Who belongs to an audience.

use arki_database::page::{Page, PageRequest};
use arki_rpc::Caller;
use chrono::NaiveDate;

use super::{Directory, Error};
use crate::domain::audience::{Audience, Member};
use crate::storage::{people, roles, tenants, units};

impl Directory {
    /// The members of an audience on a day, in the order of their ids, with a language and a time zone each.
    pub async fn resolve_audience(
        &self,
        caller: &Caller,
        audience: &Audience,
        as_of: Option<NaiveDate>,
        page: &PageRequest,
    ) -> Result<Page<Member>, Error> {
        let (reader, id) = (self.store.reader(), caller.tenant);
        let tenant = tenants::find(reader, id).await?.ok_or(Error::TenantNotFound(id))?;
        let day = as_of.unwrap_or_else(|| tenant.day_of(self.now()));
        for unit in &audience.units {
            units::find(reader, id, *unit).await?.ok_or(Error::UnitNotFound(*unit))?;
        }
        for role in &audience.roles {
            roles::find(reader, id, *role).await?.ok_or(Error::RoleNotFound(*role))?;
        }
        self.check_segments(id, &audience.attributes).await?;
        let members = people::audience(reader, id, audience, day, page).await?;
        Ok(members.map(|member| Member {
            language: member.language.or_else(|| Some(tenant.rules.default_language.clone())),
            time_zone: member.time_zone.or_else(|| Some(tenant.rules.time_zone.name().to_owned())),
            ..member
        }))
    }
}
