//! Files of HR and CRM systems.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arki_database::Tx;
use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, TenantId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest as _, Sha256};

use super::events::{tell_outcomes, tell_people, tell_units};
use super::{Asked, Directory, Error, tenant_of};
use crate::domain::Tenant;
use crate::domain::erasure::Key;
use crate::domain::import::mapping::Mapping;
use crate::domain::import::report::{Faults, Report, Turnover};
use crate::domain::import::table::Table;
use crate::domain::import::{NewIds, crm, erased, hr};
use crate::domain::tenant::HouseRules;
use crate::storage::{accounts, imports, outcomes, pending_managers, people, roles, units};

/// How long the transaction of a file may take: what a call for one has at the edge.
const DEADLINE: Duration = Duration::from_secs(300);

/// Where new things get their ids.
pub(super) const IDS: NewIds = NewIds {
    unit: UnitId::generate,
    role: RoleId::generate,
    person: PersonId::generate,
    account: AccountId::generate,
    outcome: OutcomeId::generate,
};

/// An HR file to be taken.
#[derive(Clone, Debug)]
pub struct HrImport {
    pub content: String,
    pub mapping: Mapping,
    pub dry_run: bool,
    /// None takes today.
    pub effective: Option<NaiveDate>,
    /// Whether whoever of the source is missing in the file has left.
    pub full: bool,
    /// The name of the plan that was shown; empty where none is confirmed.
    pub confirm: String,
}

/// A CRM file to be taken.
#[derive(Clone, Debug)]
pub struct CrmImport {
    pub content: String,
    pub mapping: Mapping,
    pub dry_run: bool,
}

impl Directory {
    /// Brings units, roles and employees to what an HR file says, all or nothing.
    pub async fn import_hr_file(&self, asked: &Asked, import: HrImport) -> Result<Report, Error> {
        let HrImport { content, mapping, dry_run, effective, full, confirm } = import;
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let source = mapping.source.clone();
        let named = (Sha256::digest(&content).to_vec(), mapping.clone());
        let file = parse(content, mapping, hr::read).await?;
        let file = match file {
            Ok(file) => Arc::new(file),
            Err((rows, faults)) => return Ok(Report::refused(rows, dry_run, faults)),
        };
        self.write_within("ImportHrFile", asked, DEADLINE, move |tx| {
            let (file, source, named, confirm) =
                (file.clone(), source.clone(), named.clone(), confirm.clone());
            Box::pin(async move {
                let house = tenant_of(tx, tenant).await?;
                let today = house.day_of(now);
                let effective = effective.unwrap_or(today);
                let mut state = hr::State {
                    people: people::of_source(tx, tenant, &source).await?,
                    ..imports::structure(tx, tenant, &source).await?
                };
                let keys = erased::hr_keys(&file, &state, &source);
                let (file, lines) = match gone(tx, tenant, keys).await? {
                    gone if gone.is_empty() => (file, Vec::new()),
                    gone => {
                        let (kept, lines) = erased::without_hr(&file, &gone, &source);
                        (Arc::new(kept), lines)
                    }
                };
                let known = state.people.iter().filter_map(|person| person.profile.external_id.as_deref());
                let known: HashSet<&str> = known.chain(file.lines.keys().map(String::as_str)).collect();
                let unknown = file.people.iter().filter_map(|row| row.manager.as_ref()?.as_deref());
                let unknown: HashSet<&str> = unknown.filter(|key| !known.contains(key)).collect();
                state.elsewhere = imports::elsewhere(tx, tenant, &unknown).await?;
                let brake = limits(&house);
                let terms = hr::plan::Terms { source: &source, effective, today, full, now, dry_run, brake };
                let (plan, mut report) = hr::plan(&file, &state, &terms, IDS);
                report.erased_lines = lines;
                if report.faults.is_empty() {
                    report.plan = hr::name(&named.0, &named.1, &state, &terms);
                    check_brake(&report, &confirm)?;
                }
                if !dry_run {
                    let hr::Plan { units, roles, people, pending } = plan;
                    roles::save(tx, tenant, &roles).await?;
                    units::save(tx, tenant, &units).await?;
                    // Whoever waits no longer is let go first: the people who come must not be looked for by them.
                    let (free, wait): (Vec<_>, Vec<_>) =
                        pending.into_iter().partition(|(_, manager)| manager.is_none());
                    pending_managers::save(tx, tenant, &source, &free).await?;
                    people::save(tx, tenant, &people).await?;
                    pending_managers::save(tx, tenant, &source, &wait).await?;
                    tell_units(tx, tenant, &units, now).await?;
                    tell_people(tx, tenant, &people, now).await?;
                }
                Ok(report)
            })
        })
        .await
    }

    /// Brings accounts, customers and outcomes to what a CRM file says, all or nothing.
    pub async fn import_crm_file(&self, asked: &Asked, import: CrmImport) -> Result<Report, Error> {
        let CrmImport { content, mapping, dry_run } = import;
        let (now, tenant) = (self.now(), asked.caller.tenant);
        let source = mapping.source.clone();
        let rules = self.get_tenant(&asked.caller, tenant).await?.rules;
        let file =
            parse(content, mapping, move |table, mapping| crm::read(table, mapping, rules.time_zone)).await?;
        let file = match file {
            Ok(file) => Arc::new(file),
            Err((rows, faults)) => return Ok(Report::refused(rows, dry_run, faults)),
        };
        self.write("ImportCrmFile", asked, move |tx| {
            let (file, source) = (file.clone(), source.clone());
            Box::pin(async move {
                let tenant = tenant_of(tx, tenant).await?;
                let state = crm_state(tx, tenant.id, &file, &source).await?;
                let keys = erased::crm_keys(&file, &state, &source);
                let (file, lines) = match gone(tx, tenant.id, keys).await? {
                    gone if gone.is_empty() => (file, Vec::new()),
                    gone => {
                        let (kept, lines) = erased::without_crm(&file, &gone, &source);
                        (Arc::new(kept), lines)
                    }
                };
                let terms = crm::plan::Terms { source: &source, now, dry_run };
                let (plan, mut report) = crm::plan(&file, &state, &terms, IDS);
                report.erased_lines = lines;
                if !dry_run {
                    save_crm(tx, &tenant, plan, now).await?;
                }
                Ok(report)
            })
        })
        .await
    }
}

/// Those of the keys that are of somebody who was erased.
async fn gone(tx: &Tx, tenant: TenantId, keys: BTreeSet<Key>) -> Result<BTreeSet<Key>, Error> {
    Ok(super::erasures::erased(tx, tenant, keys).await?.into_keys().collect())
}

/// How much one file may change before somebody must confirm it.
pub(super) fn limits(tenant: &Tenant) -> hr::Limits {
    let HouseRules { import_leavers_percent, import_changed_ids_percent, .. } = &tenant.rules;
    hr::Limits { leavers: *import_leavers_percent, changed_ids: *import_changed_ids_percent }
}

/// Refuses to do what nobody confirmed, and what differs from what somebody confirmed.
fn check_brake(report: &Report, confirm: &str) -> Result<(), Error> {
    let Report { plan, brake, dry_run, .. } = report;
    if !confirm.is_empty() && confirm != plan {
        return Err(Error::ImportPlanChanged { confirmed: confirm.to_owned() });
    }
    if *dry_run || brake.is_empty() || confirm == plan {
        return Ok(());
    }
    let Turnover { employees, leavers, returned: _, changed_ids } = report.turnover;
    Err(Error::ImportBraked { brake: brake.clone(), plan: plan.clone(), employees, leavers, changed_ids })
}

/// Reads a file on a thread that may be busy for a while: a large one would hold up every call that shares this one.
/// Faults come with the number of rows that the file has.
async fn parse<F, R>(content: String, mapping: Mapping, read: R) -> Result<Result<F, (u64, Faults)>, Error>
where
    F: Send + 'static,
    R: FnOnce(&Table, &Mapping) -> Result<F, Faults> + Send + 'static,
{
    let work = move || {
        let table = mapping.open(&content).map_err(|faults| (0, faults))?;
        read(&table, &mapping).map_err(|faults| (table.rows.len() as u64, faults))
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::Lost)
}

async fn crm_state(tx: &Tx, tenant: TenantId, file: &crm::File, source: &str) -> Result<crm::State, Error> {
    let account_keys: Vec<&str> = file.accounts.keys().map(String::as_str).collect();
    let person_keys: Vec<&str> = file.people.keys().map(String::as_str).collect();
    let outcome_keys: HashSet<&str> =
        file.outcomes.iter().map(|outcome| outcome.external_id.as_str()).collect();
    let outcome_keys: Vec<&str> = outcome_keys.into_iter().collect();
    Ok(crm::State {
        units: units::keys(tx, tenant).await?,
        accounts: accounts::with_keys(tx, tenant, source, &account_keys).await?,
        people: people::with_keys(tx, tenant, source, &person_keys).await?,
        outcomes: outcomes::with_keys(tx, tenant, source, &outcome_keys).await?,
    })
}

async fn save_crm(tx: &Tx, tenant: &Tenant, plan: crm::Plan, now: DateTime<Utc>) -> Result<(), Error> {
    let crm::Plan { accounts, people, outcomes } = plan;
    accounts::save(tx, tenant.id, &accounts).await?;
    people::save(tx, tenant.id, &people).await?;
    outcomes::save(tx, tenant.id, &outcomes).await?;
    tell_people(tx, tenant.id, &people, now).await?;
    tell_outcomes(tx, tenant, &outcomes, now).await
}
