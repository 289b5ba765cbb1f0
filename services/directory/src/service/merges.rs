//! People who turn out to be one.

use std::collections::BTreeSet;

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_ids::{PersonId, TenantId};
use arki_rpc::Caller;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::error::check_etag;
use super::events::{tell_gone, tell_people, tell_units};
use super::people::{Shown, check_profile};
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::ambassador::Ambassador;
use crate::domain::duplicate::{self, Likeness};
use crate::domain::person::{ExternalId, MOST_EXTERNAL_IDS};
use crate::domain::{Person, Unit};
use crate::storage::{ambassadors, attributes, consents, contacts, identities, merges, people, units};

/// How many others one person is compared with at most, for each thing that may be the same.
const MOST_ALIKE: u64 = 20;

/// What a merger moved, or would move.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MergedPeople {
    pub survivor: Shown,
    pub merged: Vec<PersonId>,
    pub external_ids: usize,
    pub reports: usize,
    pub units: usize,
    pub outcomes: u64,
}

/// Two people who may be one.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub one: Person,
    pub other: Person,
    /// Strongest first.
    pub likeness: Vec<Likeness>,
}

/// Everything that changes when people are merged.
struct Union {
    united: Person,
    gone: Vec<Person>,
    further: BTreeSet<ExternalId>,
    /// How many keys the survivor had not before.
    taken: usize,
    reports: Vec<Person>,
    units: Vec<Unit>,
}

impl Directory {
    /// Merges duplicates into a survivor. Those that were merged into it before are passed over.
    pub async fn merge_people(
        &self,
        asked: &Asked,
        survivor: PersonId,
        duplicates: BTreeSet<PersonId>,
        dry_run: bool,
        etag: String,
    ) -> Result<MergedPeople, Error> {
        let now = self.now();
        let tenant = asked.caller.tenant;
        self.write("MergePeople", asked, move |tx| {
            let (duplicates, etag) = (duplicates.clone(), etag.clone());
            Box::pin(async move {
                let today = tenant_of(tx, tenant).await?.day_of(now);
                let found = people::find(tx, tenant, survivor).await?;
                let survivor = found.ok_or(Error::PersonNotFound(survivor))?;
                check_etag(&etag, survivor.revision)?;
                let mut gone = Vec::new();
                for duplicate in duplicates {
                    match people::find(tx, tenant, duplicate).await? {
                        Some(person) => gone.push(person),
                        None if merges::find(tx, tenant, duplicate).await? == Some(survivor.id) => {}
                        None => return Err(Error::PersonNotFound(duplicate)),
                    }
                }
                let ids: Vec<PersonId> = gone.iter().map(|person| person.id).collect();
                let union = unite(tx, tenant, &survivor, gone, now).await?;
                let moved = MergedPeople {
                    survivor: (union.united.clone(), today),
                    external_ids: union.taken,
                    reports: union.reports.len(),
                    units: union.units.len(),
                    outcomes: merges::count_outcomes(tx, tenant, &ids).await?,
                    merged: ids,
                };
                if !dry_run && !moved.merged.is_empty() {
                    carry_out(tx, tenant, union, &moved.merged, now).await?;
                }
                Ok(moved)
            })
        })
        .await
        .map_err(|error| error.or_taken(None))
    }

    /// Pairs of people who may be one, by the elder of each. A page holds the pairs of as many people as it has room
    /// for, so that it may hold more pairs or none.
    pub async fn list_duplicate_candidates(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<(Page<Candidate>, NaiveDate), Error> {
        let (reader, tenant) = (self.store.reader(), caller.tenant);
        let day = self.today(tenant).await?;
        let looked_at = people::list(reader, tenant, &people::Filter::default(), page).await?;
        let alike = merges::alike(reader, tenant, &looked_at.items, MOST_ALIKE).await?;
        let others: BTreeSet<PersonId> = alike.values().flatten().copied().collect();
        let others = people::of_ids(reader, tenant, &others.into_iter().collect::<Vec<_>>()).await?;
        let mut items = Vec::new();
        for one in &looked_at.items {
            for other in alike.get(&one.id).into_iter().flatten() {
                let Some(other) = others.iter().find(|person| person.id == *other) else { continue };
                let likeness = duplicate::likeness(&one.profile, &other.profile);
                if !likeness.is_empty() {
                    items.push(Candidate { one: one.clone(), other: other.clone(), likeness });
                }
            }
        }
        Ok((Page { items, next: looked_at.next }, day))
    }
}

async fn unite(
    tx: &Tx,
    tenant: TenantId,
    survivor: &Person,
    gone: Vec<Person>,
    now: DateTime<Utc>,
) -> Result<Union, Error> {
    duplicate::check(survivor, &gone)?;
    let mut united = duplicate::unite(survivor, &gone, now);
    let schema = attributes::schema(tx, tenant).await?;
    let kind = united.profile.kind;
    united
        .profile
        .attributes
        .retain(|key, value| survivor.profile.attributes.contains_key(key) || schema.takes(kind, key, value));
    let ids: Vec<PersonId> = gone.iter().map(|person| person.id).collect();
    let all: Vec<PersonId> = ids.iter().copied().chain([survivor.id]).collect();
    let taken = merges::external_ids(tx, tenant, &ids).await?.len();
    let further = merges::external_ids(tx, tenant, &all).await?;
    let further: BTreeSet<_> =
        duplicate::further(&united, further.into_iter().collect()).into_iter().collect();
    if further.len() + usize::from(united.profile.external_id.is_some()) > MOST_EXTERNAL_IDS {
        return Err(Error::TooManyExternalIds);
    }
    let mut reports = Vec::new();
    for report in people::managed_by(tx, tenant, &ids).await? {
        if !all.contains(&report.id) {
            let mut changed = report.clone();
            changed.profile.manager = Some(survivor.id);
            reports.push(report.revised(changed, now));
        }
    }
    let mut led = Vec::new();
    for unit in merges::led(tx, tenant, &ids).await? {
        led.extend(units::find(tx, tenant, unit).await?);
    }
    let units = duplicate::units(&led, Some(survivor.id), &ids, now);
    Ok(Union { united, gone, further, taken, reports, units })
}

async fn carry_out(
    tx: &Tx,
    tenant: TenantId,
    union: Union,
    ids: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let Union { united, gone, further, taken: _, reports, units: led } = union;
    // First they go: the survivor takes keys and values that are one person's.
    merges::delete(tx, tenant, ids).await?;
    people::save(tx, tenant, std::slice::from_ref(&united)).await?;
    let own = identities::further(tx, tenant, united.id).await?;
    for pair in further.difference(&own) {
        identities::insert(tx, tenant, united.id, pair).await?;
    }
    people::save(tx, tenant, &reports).await?;
    // With everybody in place: one line of managers may have met itself.
    check_profile(tx, tenant, &united).await?;
    units::save(tx, tenant, &led).await?;
    move_ambassadors(tx, tenant, united.id, ids, now).await?;
    merges::move_outcomes(tx, tenant, united.id, ids, now).await?;
    consents::move_to(tx, tenant, united.id, ids).await?;
    contacts::move_to(tx, tenant, united.id, ids).await?;
    merges::redirect(tx, tenant, united.id, &gone, now).await?;
    tell_units(tx, tenant, &led, now).await?;
    tell_people(tx, tenant, std::slice::from_ref(&united), now).await?;
    tell_people(tx, tenant, &reports, now).await?;
    let redirects: Vec<_> = gone
        .iter()
        .map(|person| merges::Redirect {
            gone: person.id,
            survivor: united.id,
            revision: person.revision + 1,
        })
        .collect();
    tell_gone(tx, tenant, &redirects, now).await
}

/// Lets the survivor be what the duplicates were; a time that the survivor has in the unit already is not there twice.
async fn move_ambassadors(
    tx: &Tx,
    tenant: TenantId,
    survivor: PersonId,
    gone: &[PersonId],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let mut own = ambassadors::of_people(tx, tenant, &[survivor]).await?;
    for theirs in ambassadors::of_people(tx, tenant, gone).await? {
        let moved = Ambassador {
            person: survivor,
            revision: theirs.revision + 1,
            update_time: now,
            ..theirs.clone()
        };
        if own.iter().any(|own| own.overlaps(&moved)) {
            ambassadors::delete(tx, tenant, theirs.id).await?;
        } else {
            ambassadors::save(tx, tenant, &moved).await?;
            own.push(moved);
        }
    }
    Ok(())
}
