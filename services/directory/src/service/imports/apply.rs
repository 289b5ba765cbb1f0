//! Carrying out a plan, in one transaction.
//!
//! What a plan rests on is looked at again in the transaction, by revisions; when anything has changed, nothing is written
//! and the file is planned anew.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arki_database::Tx;
use arki_ids::PersonId;
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::super::events::{tell_people, tell_units};
use super::super::{Directory, Error};
use super::work::Held;
use crate::domain::audit::{Fact, Outcome};
use crate::domain::import::run::{MOST_PLANS, Run, State};
use crate::domain::{Person, Role, Unit, circle};
use crate::storage::imports::{self, FREE, PERSON, ROLE, Staged, UNIT, WAITING};
use crate::storage::{audit, pending_managers, people, roles, units};

/// How long the transaction may take. A file of half a million people needs a minute or two.
const DEADLINE: Duration = Duration::from_secs(3600);
/// People in one round of statements.
const ROUND: u64 = 2_000;

impl Directory {
    /// Carries out the plan of an import, or has the file planned anew.
    pub(super) async fn apply_import(&self, held: &Held) -> Result<(), Error> {
        let now = self.now();
        let shared = held.clone();
        let applied = self
            .store
            .claim_within("ApplyImport", DEADLINE, move |tx| {
                let held = shared.clone();
                Box::pin(async move { carry_out(tx, &held, now).await })
            })
            .await;
        match applied {
            Err(Error::ImportPlanChanged { .. } | Error::Database(arki_database::Error::Conflict { .. })) => {
                let run = held.run.clone();
                if run.plan >= MOST_PLANS {
                    let run = Run { problem: "IMPORT_PLAN_CHANGED".to_owned(), ..run };
                    return self.turn(held, run.turned(State::Failed, now), true, true).await;
                }
                self.turn(held, run.overtaken(now), false, false).await
            }
            applied => applied,
        }
    }
}

async fn carry_out(tx: &Tx, held: &Held, now: DateTime<Utc>) -> Result<(), Error> {
    let Held { tenant, run, mark, done } = held;
    let tenant = *tenant;
    done.store(0, Ordering::Relaxed);
    if imports::stamp(tx, tenant).await? != run.stamp {
        return Err(overtaken(run));
    }
    let all = i64::MAX.unsigned_abs();
    let made: Vec<Role> = read(&imports::writes(tx, tenant, run.id, ROLE, 0, all).await?)?;
    roles::save(tx, tenant, &made).await?;
    let mut changed: Vec<Unit> = read(&imports::writes(tx, tenant, run.id, UNIT, 0, all).await?)?;
    changed.iter_mut().for_each(|unit| unit.update_time = now);
    units::save(tx, tenant, &changed).await?;
    tell_units(tx, tenant, &changed, now).await?;
    done.fetch_add((made.len() + changed.len()) as u64, Ordering::Relaxed);
    wait(tx, held, FREE).await?;
    save_people(tx, held, now).await?;
    wait(tx, held, WAITING).await?;
    if run.relinks && !circle::circles(&people::managers(tx, tenant).await?).is_empty() {
        return Err(overtaken(run));
    }
    let applied = Run { done: run.total, ..run.clone() }.turned(State::Applied, now);
    if !imports::save_held(tx, tenant, &applied, mark).await? {
        return Err(Error::ImportLost);
    }
    imports::forget(tx, tenant, run.id, true).await?;
    let fact = Fact {
        time: now,
        subject: run.subject.clone(),
        action: "directory.ApplyImport".to_owned(),
        resources: vec![run.id.name()],
        outcome: Outcome::Allowed,
        reason: String::new(),
        request_id: String::new(),
        trace_id: String::new(),
        count: 1,
    };
    Ok(audit::append(tx, tenant, vec![fact]).await?)
}

async fn save_people(tx: &Tx, held: &Held, now: DateTime<Utc>) -> Result<(), Error> {
    let Held { tenant, run, done, .. } = held;
    let mut from = 0;
    loop {
        let staged = imports::writes(tx, *tenant, run.id, PERSON, from, ROUND).await?;
        let Some(last) = staged.last() else { return Ok(()) };
        from = last.position + 1;
        let before: Vec<(String, i64)> =
            staged.iter().map(|write| (write.subject_id.clone(), write.revision)).collect();
        if !imports::unmoved(tx, *tenant, "person", &before).await? {
            return Err(overtaken(run));
        }
        let mut people: Vec<Person> = read(&staged)?;
        for person in &mut people {
            person.update_time = now;
            if person.revision == 1 {
                person.create_time = now;
            }
        }
        people::save(tx, *tenant, &people).await?;
        tell_people(tx, *tenant, &people, now).await?;
        done.fetch_add(people.len() as u64, Ordering::Relaxed);
    }
}

async fn wait(tx: &Tx, held: &Held, kind: &str) -> Result<(), Error> {
    let Held { tenant, run, done, .. } = held;
    let mut from = 0;
    loop {
        let staged = imports::writes(tx, *tenant, run.id, kind, from, ROUND).await?;
        let Some(last) = staged.last() else { return Ok(()) };
        from = last.position + 1;
        let pending: Vec<(PersonId, Option<String>)> = read(&staged)?;
        pending_managers::save(tx, *tenant, &run.terms.source, &pending).await?;
        done.fetch_add(pending.len() as u64, Ordering::Relaxed);
    }
}

fn read<T: DeserializeOwned>(staged: &[Staged]) -> Result<Vec<T>, Error> {
    let one = |write: &Staged| serde_json::from_str(&write.body);
    let all: Result<Vec<T>, serde_json::Error> = staged.iter().map(one).collect();
    all.map_err(|error| Error::Database(arki_database::Error::Corrupt(error.to_string())))
}

fn overtaken(run: &Run) -> Error {
    Error::ImportPlanChanged { confirmed: run.plan_name() }
}

/// How far the imports have come that are being carried out here.
pub(super) fn progress(done: &AtomicU64) -> u64 {
    done.load(Ordering::Relaxed)
}
