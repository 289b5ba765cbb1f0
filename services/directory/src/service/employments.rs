//! Where employees stand through time, and to whom they report.

use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId};
use arki_rpc::Caller;
use chrono::NaiveDate;

use super::error::check_etag;
use super::events::tell_people;
use super::people::{Shown, save_change};
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Person;
use crate::domain::person::{Employment, Employments};
use crate::storage::{employments, people, tenants};

/// How many people are brought up to date in one transaction.
const AT_ONCE: u64 = 200;

impl Directory {
    /// Changes where an employee stands from a day on.
    pub async fn change_employment(
        &self,
        asked: &Asked,
        person: PersonId,
        state: Employment,
        valid_from: Option<NaiveDate>,
        etag: String,
    ) -> Result<(Employments, Shown), Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("ChangeEmployment", asked, move |tx| {
            let etag = etag.clone();
            Box::pin(async move {
                let today = tenant_of(tx, tenant).await?.day_of(now);
                let before = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                check_etag(&etag, before.revision)?;
                let through_time = employments::find(tx, tenant, person).await?;
                let day = valid_from.unwrap_or(today);
                let (changed, through_time) = before.employ(&through_time, state, day, today, now)?;
                if changed != before {
                    employments::save(tx, tenant, person, &through_time, today).await?;
                    save_change(tx, tenant, Some(&before), &changed).await?;
                }
                Ok((through_time, (changed, today)))
            })
        })
        .await
    }

    /// Where an employee stood, stands and will stand.
    pub async fn list_employments(&self, caller: &Caller, person: PersonId) -> Result<Employments, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        people::find_manager(reader, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
        Ok(employments::find(reader, tenant, person).await?)
    }

    /// Who reports to a person, and the day for which their units are to be shown.
    pub async fn list_reports(
        &self,
        caller: &Caller,
        manager: PersonId,
        transitive: bool,
        page: &PageRequest,
    ) -> Result<(Page<Person>, NaiveDate), Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        people::find_manager(reader, tenant, manager).await?.ok_or(Error::PersonNotFound(manager))?;
        let day = self.today(tenant).await?;
        Ok((people::reports(reader, tenant, manager, transitive, page).await?, day))
    }

    /// Who is above a person, the direct manager first.
    pub async fn managers_of(&self, caller: &Caller, person: PersonId) -> Result<Vec<Person>, Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        people::find_manager(reader, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
        Ok(people::above(reader, tenant, person).await?)
    }

    /// Lets planned changes of employment hold whose day has come: the person says so, and the other services hear of
    /// it. Tells whether there may be more.
    pub(crate) async fn let_due_employments_hold(&self) -> Result<bool, Error> {
        let now = self.now();
        let mut page = PageRequest::default();
        let mut more = false;
        loop {
            let found = tenants::list(self.store.reader(), &page).await?;
            for tenant in found.items {
                let today = tenant.day_of(now);
                let due = employments::due(self.store.reader(), tenant.id, today, AT_ONCE).await?;
                more |= due.len() as u64 == AT_ONCE;
                if !due.is_empty() {
                    self.let_hold(tenant.id, due, today).await?;
                }
            }
            page.after = found.next;
            if page.after.is_none() {
                return Ok(more);
            }
        }
    }

    async fn let_hold(&self, tenant: TenantId, due: Vec<PersonId>, today: NaiveDate) -> Result<(), Error> {
        let now = self.now();
        self.store
            .write("LetEmploymentsHold", move |tx| {
                let due = due.clone();
                Box::pin(async move {
                    for person in due {
                        let Some(before) = people::find(tx, tenant, person).await? else { continue };
                        let through_time = employments::find(tx, tenant, person).await?;
                        let changed = before.brought_up_to(&through_time, today, now);
                        // Written in any case, so that what was planned is planned no more.
                        employments::save(tx, tenant, person, &through_time, today).await?;
                        if changed != before {
                            people::save(tx, tenant, std::slice::from_ref(&changed)).await?;
                            tell_people(tx, tenant, std::slice::from_ref(&changed), now).await?;
                        }
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
    }
}
