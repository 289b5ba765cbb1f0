//! The brake of an import that looks like a wrong file: too many people leave, or the keys are other ones.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use super::super::super::person::{Kind, email_key};
use super::super::super::tenant::{IMPORT_CHANGED_IDS, IMPORT_LEAVERS};
use super::super::mapping::Mapping;
use super::super::report::Turnover;
use super::plan::{Plan, State, Terms};

/// How much one file may change before somebody must confirm it, in percent of the source's employees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Who may leave.
    pub leavers: u32,
    /// Who may come back under another key.
    pub changed_ids: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { leavers: IMPORT_LEAVERS, changed_ids: IMPORT_CHANGED_IDS }
    }
}

/// Fewer than so many stop nothing: in an organisation of three, two may well leave at once.
const FEWEST: u64 = 5;

/// Who there is to lose.
pub(super) fn before(state: &State) -> Turnover {
    let employees = state.people.iter().filter(|person| person.profile.kind == Kind::Employee).count();
    Turnover { employees: employees as u64, ..Turnover::default() }
}

/// How many employees of the source would be there a second time: new people with an address that another key has.
pub(super) fn changed_ids(state: &State, plan: &Plan) -> u64 {
    let employees = state.people.iter().filter(|person| person.profile.kind == Kind::Employee);
    let known: HashSet<String> = employees.filter_map(|person| email_key(&person.profile.email)).collect();
    let new = plan.people.iter().filter(|person| person.revision == 1);
    let told: HashSet<String> = new.filter_map(|person| email_key(&person.profile.email)).collect();
    told.intersection(&known).count() as u64
}

impl Limits {
    /// Why an import is stopped, if it is.
    pub fn pulled(self, turnover: Turnover) -> Option<String> {
        let Turnover { employees, leavers, returned: _, changed_ids } = turnover;
        let is_over =
            |count: u64, percent: u32| count >= FEWEST && count * 100 > employees * u64::from(percent);
        let Self { leavers: most_leavers, changed_ids: most_changed_ids } = self;
        if is_over(leavers, most_leavers) {
            return Some(format!(
                "{leavers} of the source's {employees} employees would become leavers, more than {most_leavers} %"
            ));
        }
        is_over(changed_ids, most_changed_ids).then(|| {
            format!(
                "{changed_ids} of the source's {employees} employees would be there again with another person_id, \
                 more than {most_changed_ids} %"
            )
        })
    }
}

/// The name of what an import does, `file` being the digest of its content: the same for the same file, mapping and terms on the same day, as long as nothing
/// that the plan rests on has changed.
pub fn name(file: &[u8], mapping: &Mapping, state: &State, terms: &Terms<'_>) -> String {
    let Terms { source, effective, today, full, now: _, dry_run: _, brake: _ } = terms;
    let mut digest = Sha256::new();
    digest.update(file);
    digest.update(format!("{mapping:?} {source:?} {effective} {today} {full}"));
    let mut stored: Vec<(String, i64)> = state
        .people
        .iter()
        .map(|person| (person.id.to_string(), person.revision))
        .chain(state.units.iter().map(|unit| (unit.id.to_string(), unit.revision)))
        .chain(state.roles.iter().map(|role| (role.id.to_string(), role.revision)))
        .collect();
    stored.sort_unstable();
    for (id, revision) in stored {
        digest.update(id);
        digest.update(revision.to_be_bytes());
    }
    digest.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
