//! Forgetting people: in one transaction here, and then by every other service.

use std::collections::{BTreeMap, BTreeSet};

use arki_database::Tx;
use arki_database::page::{Page, PageRequest};
use arki_events::append;
use arki_ids::{ErasureId, PersonId, TenantId};
use arki_privacy::{Rows, add};
use arki_proto::event::v1::PersonErased;
use arki_rpc::Caller;
use chrono::{DateTime, Utc};

use super::events::{tell_people, tell_units};
use super::{Asked, Directory, Error};
use crate::domain::audit::{Fact, Outcome};
use crate::domain::erasure::{Confirmation, Erasure, FIRST, Key, Reason, SERVICES, is_staff};
use crate::domain::person::email_key;
use crate::domain::role_binding::Member;
use crate::domain::scim::Resource as _;
use crate::domain::{Person, duplicate};
use crate::storage::scim::{groups, users};
use crate::storage::{audit, crm, erasures, imports, merges, people, privacy, role_bindings, units};

/// Who did what happens by itself.
pub(super) const ITSELF: &str = "services/directory";

impl Directory {
    /// Erases a person. Somebody who is erased already stays so, and that erasure is answered.
    pub async fn create_erasure(&self, asked: &Asked, person: PersonId) -> Result<Erasure, Error> {
        let (now, id, secret) = (self.now(), ErasureId::generate(), crate::sealing::random());
        let tenant = asked.caller.tenant;
        let named = |erasure: &Erasure| vec![erasure.id.name(), erasure.person.name()];
        self.write_recorded("CreateErasure", asked, named, move |tx| {
            Box::pin(async move {
                let person = merges::find(tx, tenant, person).await?.unwrap_or(person);
                if let Some(erased) = erasures::of_person(tx, tenant, person).await? {
                    return Ok(erased);
                }
                let found = people::find(tx, tenant, person).await?.ok_or(Error::PersonNotFound(person))?;
                Box::pin(erase(tx, tenant, id, &found, Some(secret), now)).await
            })
        })
        .await
    }

    /// One erasure.
    pub async fn get_erasure(&self, caller: &Caller, erasure: ErasureId) -> Result<Erasure, Error> {
        let found = erasures::find(self.store.reader(), caller.tenant, erasure).await?;
        found.ok_or(Error::ErasureNotFound(erasure))
    }

    /// Erasures, newest first.
    pub async fn list_erasures(&self, caller: &Caller, page: &PageRequest) -> Result<Page<Erasure>, Error> {
        Ok(erasures::list(self.store.reader(), caller.tenant, page).await?)
    }

    /// Lets the keys of an erased person be used again.
    pub async fn lift_erasure(&self, asked: &Asked, erasure: ErasureId) -> Result<Erasure, Error> {
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let named = |erasure: &Erasure| vec![erasure.id.name()];
        self.write_recorded("LiftErasure", asked, named, move |tx| {
            Box::pin(async move {
                let found = erasures::find(tx, tenant, erasure).await?;
                let mut found = found.ok_or(Error::ErasureNotFound(erasure))?;
                if found.lift_time.is_none() {
                    erasures::lift_keys(tx, tenant, erasure).await?;
                    found.lift_time = Some(now);
                    erasures::save(tx, tenant, &found).await?;
                }
                Ok(found)
            })
        })
        .await
    }

    /// How long an erasure has waited.
    pub fn waits_since(&self, erasure: &Erasure) -> chrono::TimeDelta {
        (self.now() - erasure.create_time).max(chrono::TimeDelta::zero())
    }
}

/// Erases a person who is there, here and now, and tells the others. With a secret, which makes the first one of a
/// tenant, the keys are kept as hashes so that nobody brings the person back; without, the person was not heard of for
/// too long, and who comes back is welcome.
pub(super) async fn erase(
    tx: &Tx,
    tenant: TenantId,
    id: ErasureId,
    found: &Person,
    secret: Option<[u8; 32]>,
    now: DateTime<Utc>,
) -> Result<Erasure, Error> {
    let person = found.id;
    let mut erasure = Erasure {
        id,
        person,
        reason: if secret.is_some() { Reason::Request } else { Reason::Retention },
        merged: merges::into(tx, tenant, person).await?,
        create_time: now,
        complete_time: None,
        report_hash: None,
        lift_time: None,
        confirmations: Vec::new(),
    };
    erasures::save(tx, tenant, &erasure).await?;
    let keys = keys_of(tx, tenant, found, &erasure.people()).await?;
    if let Some(secret) = secret {
        erasures::keep_keys(tx, tenant, id, &keys, secret).await?;
    }
    let counts = forget(tx, tenant, &erasure.people(), &keys, erasure.reason, now).await?;
    let counts = counts.into_iter().map(|Rows { kind, rows }| (kind, rows)).collect();
    let own = Confirmation { service: FIRST.to_owned(), confirm_time: now, counts, limits: BTreeSet::new() };
    erasures::confirm(tx, tenant, id, &own).await?;
    erasure.confirmations.push(own);
    append(tx, tenant, &person.name(), now, &person_erased(&erasure)).await?;
    Ok(erasure)
}

/// Takes a confirmation of another service. With the last one the erasure is complete: its report is hashed into the
/// audit log, and what was told of the person meanwhile is forgotten too. One that was heard before changes nothing.
pub(crate) async fn confirm(
    tx: &Tx,
    tenant: TenantId,
    erasure: ErasureId,
    confirmation: Confirmation,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let Some(mut found) = erasures::find(tx, tenant, erasure).await? else { return Ok(()) };
    let is_asked = SERVICES.contains(&confirmation.service.as_str());
    if !is_asked || !erasures::confirm(tx, tenant, erasure, &confirmation).await? {
        return Ok(());
    }
    found.confirmations.push(confirmation);
    if !found.is_confirmed() || found.complete_time.is_some() {
        return Ok(());
    }
    let hash = found.report_hash(tenant);
    let fact = Fact {
        time: now,
        subject: ITSELF.to_owned(),
        action: "directory.CompleteErasure".to_owned(),
        resources: vec![found.id.name(), found.person.name(), format!("sha256:{hash}")],
        outcome: Outcome::Allowed,
        reason: String::new(),
        request_id: String::new(),
        trace_id: String::new(),
        count: 1,
    };
    audit::append(tx, tenant, vec![fact]).await?;
    found.complete_time = Some(now);
    found.report_hash = Some(hash);
    erasures::save(tx, tenant, &found).await?;
    forget_told(tx, tenant, &found.people()).await?;
    Ok(())
}

/// The erasure as other services hear of it.
pub(super) fn person_erased(erasure: &Erasure) -> PersonErased {
    PersonErased {
        erasure: erasure.id.name(),
        person: erasure.person.name(),
        merged: erasure.merged.iter().map(|merged| merged.name()).collect(),
    }
}

/// By what the people may be brought back.
async fn keys_of(
    tx: &Tx,
    tenant: TenantId,
    person: &Person,
    people: &[PersonId],
) -> Result<BTreeSet<Key>, Error> {
    let mut keys: BTreeSet<Key> = Key::of_person(person).into_iter().collect();
    let known = merges::external_ids(tx, tenant, people).await?;
    let staff = is_staff(person.profile.kind);
    keys.extend(known.iter().filter(|_| staff).map(|key| Key::OfStaff(key.external_id.clone())));
    keys.extend(known.into_iter().map(Key::ExternalId));
    for user in users::of_ids(tx, tenant, people).await? {
        keys.extend(user.email_keys().into_iter().map(Key::Email));
        keys.extend(user.external_id().map(|key| Key::OfStaff(key.to_owned())));
        keys.extend(email_key(user.user_name()).map(Key::Email));
    }
    let outcomes = erasures::outcome_keys(tx, tenant, people).await?;
    keys.extend(outcomes.into_iter().map(Key::Outcome));
    Ok(keys)
}

/// Forgets all that lies here, and tells how much it was. Imports go on where nobody asked for the erasure: whom they
/// bring back is welcome.
async fn forget(
    tx: &Tx,
    tenant: TenantId,
    gone: &[PersonId],
    keys: &BTreeSet<Key>,
    reason: Reason,
    now: DateTime<Utc>,
) -> Result<Vec<Rows>, Error> {
    let mut counted = Vec::new();
    let mut reports = Vec::new();
    for report in people::managed_by(tx, tenant, gone).await? {
        let mut changed = report.clone();
        changed.profile.manager = None;
        reports.push(report.revised(changed, now));
    }
    people::save(tx, tenant, &reports).await?;
    tell_people(tx, tenant, &reports, now).await?;
    add(&mut counted, "reports", reports.len() as u64);

    let mut led = Vec::new();
    for unit in merges::led(tx, tenant, gone).await? {
        led.extend(units::find(tx, tenant, unit).await?);
    }
    let led = duplicate::units(&led, None, gone, now);
    units::save(tx, tenant, &led).await?;
    tell_units(tx, tenant, &led, now).await?;
    add(&mut counted, "unit_version", led.len() as u64);

    for person in gone {
        add(&mut counted, "crm_record", crm::erase(tx, tenant, *person).await?);
    }
    if reason == Reason::Request {
        add(&mut counted, "import_run", imports::erase(tx, tenant, now).await?);
    }
    groups::remove_users(tx, tenant, gone, now).await?;
    for binding in role_bindings::all(tx, tenant).await? {
        let is_theirs = match &binding.terms.member {
            Member::Person(person) => gone.contains(person),
            Member::Email(email) => keys.contains(&Key::Email(email.clone())),
            Member::Subject(subject) => {
                keys.contains(&Key::OfStaff(subject.clone()))
                    || email_key(subject).is_some_and(|key| keys.contains(&Key::Email(key)))
            }
            Member::Group(_) | Member::ScimGroup(_) => false,
        };
        if is_theirs {
            role_bindings::delete(tx, tenant, binding.id).await?;
            add(&mut counted, "role_binding", 1);
        }
    }
    add(&mut counted, "outcome", erasures::unlink_outcomes(tx, tenant, gone).await?);
    let erased = arki_privacy::erase(tx, tenant, gone, privacy::ROOMS).await?;
    let told = forget_told(tx, tenant, gone).await?;
    let mut texts = Vec::new();
    for key in keys {
        match key {
            Key::ExternalId(key) => texts.push(quoted(&key.external_id)),
            Key::Email(key) => texts.push(quoted(key)),
            Key::OfStaff(_) | Key::Outcome(_) => {}
        }
    }
    let answers = arki_privacy::scrub(tx, tenant, &texts).await?;
    let reports = match reason {
        Reason::Request => privacy::forget_reports(tx, tenant).await?,
        Reason::Retention => Vec::new(),
    };
    for Rows { kind, rows } in erased.into_iter().chain(told).chain(answers).chain(reports) {
        add(&mut counted, &kind, rows);
    }
    Ok(counted)
}

/// A text as it stands in a kept answer: whole, so that a key is not found inside another.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Forgets what was told of people: kept answers, events and outgoing bodies that name them.
async fn forget_told(tx: &Tx, tenant: TenantId, people: &[PersonId]) -> Result<Vec<Rows>, Error> {
    let ids: Vec<String> = people.iter().map(PersonId::to_string).collect();
    let mut counted = arki_privacy::scrub(tx, tenant, &ids).await?;
    for Rows { kind, rows } in privacy::forget_webhooks(tx, tenant, people).await? {
        add(&mut counted, &kind, rows);
    }
    Ok(counted)
}

/// Refuses keys of somebody who was erased.
pub(super) async fn refuse_erased(tx: &Tx, tenant: TenantId, keys: Vec<Key>) -> Result<(), Error> {
    match erased(tx, tenant, keys).await?.into_values().next() {
        Some(erasure) => Err(Error::PersonErased(erasure)),
        None => Ok(()),
    }
}

/// Which of these keys are of somebody who was erased.
pub(super) async fn erased(
    tx: &Tx,
    tenant: TenantId,
    keys: impl IntoIterator<Item = Key>,
) -> Result<BTreeMap<Key, ErasureId>, Error> {
    Ok(erasures::erased(tx, tenant, &keys.into_iter().collect()).await?)
}
