//! How long a tenant keeps things, and having what is older go from all services.

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_events::append;
use arki_ids::{ErasureId, PersonId, PurgeId, SuppressionId, TenantId};
use arki_privacy::{MOST, Purged, add};
use arki_proto::event::v1::{PurgeCutoffs, PurgeDue};
use arki_rpc::Caller;
use arki_rpc::time::timestamp;
use chrono::{DateTime, TimeDelta, Utc};

use super::erasures::{ITSELF, erase};
use super::error::check_etag;
use super::{Asked, Directory, Error};
use crate::domain::Person;
use crate::domain::audit::{Fact, Outcome};
use crate::domain::consent::{Channel, Purpose, State, holding};
use crate::domain::erasure::{SERVICES, is_staff};
use crate::domain::purge::{Part, Purge, is_due, is_stuck};
use crate::domain::retention::{Change, Cutoffs, Policy, is_past, ledger_cutoff};
use crate::domain::suppression::{self, Suppression, normalized};
use crate::storage::retention::Past;
use crate::storage::{audit, consents, people, retention, suppressions, tenants};

/// How many people one part looks at.
const LOOKED_AT: u64 = 500;

/// How many people one part forgets at most: each takes some dozens of statements, of which some look through all that was
/// told lately.
const FORGOTTEN: u64 = 10;

/// Where a part begins whose people have all been looked at.
const LEDGER: &str = "ledger";

impl Directory {
    /// The policy of a tenant.
    pub async fn get_retention_policy(&self, caller: &Caller) -> Result<Policy, Error> {
        Ok(retention::policy(self.store.reader(), caller.tenant).await?)
    }

    /// Changes the policy of a tenant. It holds from the next purge on.
    pub async fn update_retention_policy(
        &self,
        asked: &Asked,
        change: Change,
        etag: String,
    ) -> Result<Policy, Error> {
        let (tenant, now) = (asked.caller.tenant, self.now());
        self.write_recorded(
            "UpdateRetentionPolicy",
            asked,
            |_: &Policy| vec!["retentionPolicy".to_owned()],
            move |tx| {
                let etag = etag.clone();
                Box::pin(async move {
                    let policy = retention::policy(tx, tenant).await?;
                    check_etag(&etag, policy.revision)?;
                    let changed = policy.change(change, now)?;
                    if changed != policy {
                        retention::save_policy(tx, tenant, &changed, now).await?;
                    }
                    Ok(changed)
                })
            },
        )
        .await
    }

    /// Begins a purge, or answers with the one that runs.
    pub async fn create_purge(&self, asked: &Asked) -> Result<Purge, Error> {
        let (tenant, now, id) = (asked.caller.tenant, self.now(), PurgeId::generate());
        let named = |purge: &Purge| vec![purge.id.name()];
        self.write_recorded("CreatePurge", asked, named, move |tx| {
            Box::pin(async move {
                match retention::running(tx, tenant).await? {
                    Some(running) => Ok(running),
                    None => begin(tx, tenant, id, now).await,
                }
            })
        })
        .await
    }

    /// One purge.
    pub async fn get_purge(&self, caller: &Caller, purge: PurgeId) -> Result<Purge, Error> {
        let found = retention::find(self.store.reader(), caller.tenant, purge).await?;
        found.ok_or(Error::PurgeNotFound(purge))
    }

    /// Purges, newest first.
    pub async fn list_purges(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Purge>, Error> {
        Ok(retention::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// For how long a purge has run.
    pub fn purge_runs_for(&self, purge: &Purge) -> TimeDelta {
        (self.now() - purge.create_time).max(TimeDelta::zero())
    }

    /// Begins the daily purges that are due, of all tenants.
    pub(crate) async fn begin_due_purges(&self) -> Result<(), Error> {
        let now = self.now();
        let mut page = PageRequest::default();
        loop {
            let found = tenants::list(self.store.reader(), &page).await?;
            for tenant in found.items {
                let newest = retention::newest(self.store.reader(), tenant.id).await?;
                if let Some(stuck) = newest.as_ref().filter(|newest| is_stuck(newest, now)) {
                    tracing::warn!(
                        purge = stuck.id.name(),
                        "a purge has not been confirmed by all for a day"
                    );
                }
                if is_due(tenant.create_time, newest.as_ref(), now) {
                    self.begin_due(tenant.id, tenant.create_time, now).await?;
                }
            }
            page.after = found.next;
            if page.after.is_none() {
                return Ok(());
            }
        }
    }

    /// What goes here: people who were not heard of for too long, from all services by an erasure of each, and then old
    /// contacts.
    pub(crate) async fn purge(
        &self,
        tx: &Tx,
        tenant: TenantId,
        contact_time: DateTime<Utc>,
        after: &str,
        now: DateTime<Utc>,
    ) -> Result<Purged, Error> {
        let mut rows = Vec::new();
        if after != LEDGER {
            let looked_at = retention::past(tx, tenant, contact_time, read_place(after)?, LOOKED_AT).await?;
            let ids: Vec<PersonId> = looked_at.iter().map(|(_, person)| *person).collect();
            let heard_of = retention::heard_of_since(tx, tenant, &ids, contact_time).await?;
            let mut gone = 0;
            let mut last: Option<Past> = None;
            for (time, person) in &looked_at {
                if gone == FORGOTTEN {
                    break;
                }
                last = Some((*time, *person));
                if heard_of.contains(person) {
                    continue;
                }
                let Some(found) = people::find(tx, tenant, *person).await? else { continue };
                if is_past(found.profile.kind, found.profile.employment) && found.update_time < contact_time {
                    self.keep_refusals(tx, tenant, &found, now).await?;
                    Box::pin(erase(tx, tenant, ErasureId::generate(), &found, None, now)).await?;
                    gone += 1;
                }
            }
            add(&mut rows, "person", gone);
            let is_end = (looked_at.len() as u64) < LOOKED_AT && last == looked_at.last().copied();
            let next = last.filter(|_| !is_end).map_or_else(|| LEDGER.to_owned(), write_place);
            return Ok(Purged { rows, next: Some(next) });
        }
        let before = ledger_cutoff(contact_time, now);
        let gone = retention::forget_contacts(tx, tenant, before, MOST).await?;
        add(&mut rows, "contact", gone);
        let next = (gone >= MOST as u64).then(|| LEDGER.to_owned());
        Ok(Purged { rows, next })
    }

    /// Who said no is heard when the person is gone: should the address come back, nothing is sent to it for what was
    /// refused. Not of staff, whom an employer must be able to tell of a danger when they are back.
    async fn keep_refusals(
        &self,
        tx: &Tx,
        tenant: TenantId,
        person: &Person,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let channel = Channel::Email;
        let Ok(address) = normalized(channel, &person.profile.email) else { return Ok(()) };
        if is_staff(person.profile.kind) {
            return Ok(());
        }
        for purpose in Purpose::ALL {
            let said = consents::of_people(tx, tenant, &[person.id], purpose, channel).await?;
            let holds = said.get(&person.id).and_then(holding);
            if holds.is_none_or(|said| said.state != State::Withdrawn) {
                continue;
            }
            let entry = Suppression {
                id: SuppressionId::generate(),
                channel,
                hash: self.hash_key_in(tx, tenant).await?.hash(channel, &address),
                purpose: Some(purpose),
                reason: suppression::Reason::Unsubscribed,
                source: "retention".to_owned(),
                create_time: now,
                expire_time: None,
            };
            suppressions::save(tx, tenant, &entry).await?;
        }
        Ok(())
    }

    /// Another replica may have been faster: what is read in the transaction decides.
    async fn begin_due(
        &self,
        tenant: TenantId,
        tenant_create_time: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let id = PurgeId::generate();
        self.store
            .write("BeginDuePurge", move |tx| {
                Box::pin(async move {
                    let newest = retention::newest(tx, tenant).await?;
                    if is_due(tenant_create_time, newest.as_ref(), now) {
                        begin(tx, tenant, id, now).await?;
                    }
                    Ok::<(), Error>(())
                })
            })
            .await
    }
}

/// Reckons the cutoffs, and tells every service, this one too.
async fn begin(tx: &Tx, tenant: TenantId, id: PurgeId, now: DateTime<Utc>) -> Result<Purge, Error> {
    let purge = Purge {
        id,
        cutoffs: retention::policy(tx, tenant).await?.cutoffs(now),
        create_time: now,
        complete_time: None,
        report_hash: None,
        parts: Vec::new(),
    };
    retention::save(tx, tenant, &purge).await?;
    append(tx, tenant, &id.name(), now, &due(&purge)).await?;
    Ok(purge)
}

fn due(purge: &Purge) -> PurgeDue {
    let Cutoffs { link_time, answer_time, comment_time, contact_time, delivery_time } = purge.cutoffs;
    PurgeDue {
        purge: purge.id.name(),
        service: String::new(),
        part: 0,
        after: String::new(),
        cutoffs: Some(PurgeCutoffs {
            link_time: Some(timestamp(link_time)),
            answer_time: Some(timestamp(answer_time)),
            comment_time: Some(timestamp(comment_time)),
            contact_time: Some(timestamp(contact_time)),
            delivery_time: Some(timestamp(delivery_time)),
        }),
    }
}

/// Takes a part that a service confirmed. With the last one the purge is complete, and its report is hashed into the
/// audit log. One that was heard before changes nothing.
pub(crate) async fn confirm(
    tx: &Tx,
    tenant: TenantId,
    purge: PurgeId,
    part: Part,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let Some(mut found) = retention::find(tx, tenant, purge).await? else { return Ok(()) };
    let is_asked = SERVICES.contains(&part.service.as_str());
    if !is_asked || found.complete_time.is_some() || !retention::confirm(tx, tenant, purge, &part).await? {
        return Ok(());
    }
    found.parts.push(part);
    if !found.is_confirmed() {
        return Ok(());
    }
    let hash = found.report_hash(tenant);
    let fact = Fact {
        time: now,
        subject: ITSELF.to_owned(),
        action: "directory.CompletePurge".to_owned(),
        resources: vec![found.id.name(), format!("sha256:{hash}")],
        outcome: Outcome::Allowed,
        reason: String::new(),
        request_id: String::new(),
        trace_id: String::new(),
        count: 1,
    };
    audit::append(tx, tenant, vec![fact]).await?;
    found.complete_time = Some(now);
    found.report_hash = Some(hash);
    Ok(retention::save(tx, tenant, &found).await?)
}

fn write_place((time, person): Past) -> String {
    format!("{} {person}", time.timestamp_micros())
}

/// Where a part begins; none at the beginning.
fn read_place(after: &str) -> Result<Option<Past>, Error> {
    if after.is_empty() {
        return Ok(None);
    }
    let read = || -> Option<Past> {
        let (micros, person) = after.split_once(' ')?;
        Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, person.parse().ok()?))
    };
    let broken = || arki_database::Error::Corrupt(format!("no place in a purge: {after:?}"));
    Ok(Some(read().ok_or_else(broken)?))
}
