//! From what a CRM file says to what must change.

use std::collections::{BTreeMap, HashMap};

use arki_ids::{AccountId, PersonId, UnitId};
use chrono::{DateTime, SecondsFormat, Utc};

use super::super::super::person::{Kind as PersonKind, Profile};
use super::super::super::{Account, Outcome, Person, account, outcome};
use super::super::NewIds;
use super::super::report::{Difference, Faults, Field, Kind, Report, Tally};
use super::field;
use super::read::{AccountRow, File, OutcomeRow, PersonRow, Told};

/// What is stored and bears on a CRM file.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The ids of units by key.
    pub units: HashMap<String, UnitId>,
    /// Those that the file names.
    pub accounts: Vec<Account>,
    /// Those of the file's source that the file names.
    pub people: Vec<Person>,
    /// Those that the file names.
    pub outcomes: Vec<Outcome>,
}

/// What must be written so that the directory says what the file says: new or changed things, each as it will be.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub accounts: Vec<Account>,
    pub people: Vec<Person>,
    pub outcomes: Vec<Outcome>,
}

/// When and under which name an import happens.
#[derive(Clone, Debug)]
pub struct Terms<'a> {
    pub source: &'a str,
    pub now: DateTime<Utc>,
    pub dry_run: bool,
}

/// Compares a file with what is stored. The report of a file with faults comes without a plan.
pub fn plan(file: &File, state: &State, terms: &Terms<'_>, ids: NewIds) -> (Plan, Report) {
    let mut planner = Planner::new(file, state, terms, ids);
    for (key, row) in &file.accounts {
        planner.plan_account(key, row);
    }
    for (key, row) in &file.people {
        planner.plan_person(key, row);
    }
    for row in &file.outcomes {
        planner.plan_outcome(row);
    }
    let Planner { plan, tally, faults, .. } = planner;
    if faults.is_empty() {
        (plan, tally.report(file.rows, terms.dry_run))
    } else {
        (Plan::default(), Report::refused(file.rows, terms.dry_run, faults))
    }
}

struct Planner<'a> {
    file: &'a File,
    terms: &'a Terms<'a>,
    ids: NewIds,
    units: &'a HashMap<String, UnitId>,
    unit_keys: HashMap<UnitId, &'a str>,
    accounts: HashMap<&'a str, &'a Account>,
    people: HashMap<&'a str, &'a Person>,
    outcomes: HashMap<&'a str, &'a Outcome>,
    account_ids: HashMap<&'a str, AccountId>,
    person_ids: HashMap<&'a str, PersonId>,
    account_keys: HashMap<AccountId, &'a str>,
    person_keys: HashMap<PersonId, &'a str>,
    /// The unit that serves each account, as it will be.
    serving: HashMap<AccountId, UnitId>,
    plan: Plan,
    tally: Tally,
    faults: Faults,
}

impl<'a> Planner<'a> {
    fn new(file: &'a File, state: &'a State, terms: &'a Terms<'a>, ids: NewIds) -> Self {
        let accounts: HashMap<&str, &Account> = state
            .accounts
            .iter()
            .filter_map(|account| Some((account.details.external_id.as_deref()?, account)))
            .collect();
        let people: HashMap<&str, &Person> = state
            .people
            .iter()
            .filter_map(|person| Some((person.profile.external_id.as_deref()?, person)))
            .collect();
        let outcomes = state
            .outcomes
            .iter()
            .filter_map(|outcome| Some((outcome.facts.external_id.as_deref()?, outcome)))
            .collect();
        let mut account_ids: HashMap<&str, AccountId> =
            accounts.iter().map(|(key, account)| (*key, account.id)).collect();
        for key in file.accounts.keys() {
            account_ids.entry(key).or_insert_with(ids.account);
        }
        let mut person_ids: HashMap<&str, PersonId> =
            people.iter().map(|(key, person)| (*key, person.id)).collect();
        for key in file.people.keys() {
            person_ids.entry(key).or_insert_with(ids.person);
        }
        Self {
            file,
            terms,
            ids,
            units: &state.units,
            unit_keys: state.units.iter().map(|(key, id)| (*id, key.as_str())).collect(),
            account_keys: account_ids.iter().map(|(key, id)| (*id, *key)).collect(),
            person_keys: person_ids.iter().map(|(key, id)| (*id, *key)).collect(),
            accounts,
            people,
            outcomes,
            account_ids,
            person_ids,
            serving: HashMap::new(),
            plan: Plan::default(),
            tally: Tally::of(&[Kind::Accounts, Kind::People, Kind::Outcomes]),
            faults: Faults::default(),
        }
    }

    fn plan_account(&mut self, key: &str, row: &AccountRow) {
        let stored = self.accounts.get(key).copied();
        let unit = match &row.unit {
            Some(told) => self.unit(told.line, &told.value),
            None => stored.and_then(|account| account.details.unit),
        };
        let old = stored.map(|account| &account.details);
        let details = account::Details {
            display_name: value(&row.name)
                .or(old.map(|old| old.display_name.clone()))
                .unwrap_or_else(|| key.to_owned()),
            external_id: Some(key.to_owned()),
            source: self.terms.source.to_owned(),
            segment: value(&row.segment).or(old.map(|old| old.segment.clone())).unwrap_or_default(),
            unit,
        };
        let id = self.account_ids[key];
        if let Some(unit) = unit {
            self.serving.insert(id, unit);
        }
        if old == Some(&details) {
            self.tally.unchanged(Kind::Accounts);
            return;
        }
        let mut difference = Difference::default();
        difference.field("display_name", old.map_or("", |old| &old.display_name), &details.display_name);
        difference.field("segment", old.map_or("", |old| &old.segment), &details.segment);
        difference.field("unit", &self.unit_label(old.and_then(|old| old.unit)), &self.unit_label(unit));
        self.tally.changed(Kind::Accounts, key, old.is_none(), difference.into_fields());
        self.plan.accounts.push(match stored {
            Some(account) => account.with(details, self.terms.now),
            None => Account::create(id, details, self.terms.now),
        });
    }

    fn plan_person(&mut self, key: &str, row: &PersonRow) {
        let stored = self.people.get(key).copied();
        let old = stored.map(|person| &person.profile);
        if old.is_none() && row.name.is_none() {
            let heading = self.file.columns.heading(field::NAME);
            self.faults.add(row.line, heading, "", "must be given, because the customer is new");
            return;
        }
        let account = match &row.account {
            Some(told) => self.account_ids.get(told.value.as_str()).copied(),
            None => old.and_then(|old| old.account),
        };
        let new = Profile {
            kind: old.map_or(PersonKind::Customer, |old| old.kind),
            display_name: value(&row.name).or(old.map(|old| old.display_name.clone())).unwrap_or_default(),
            email: value(&row.email).or(old.map(|old| old.email.clone())).unwrap_or_default(),
            language: value(&row.language).or(old.and_then(|old| old.language.clone())),
            time_zone: old.and_then(|old| old.time_zone),
            employment: old.and_then(|old| old.employment),
            manager: old.and_then(|old| old.manager),
            account,
            external_id: Some(key.to_owned()),
            source: self.terms.source.to_owned(),
            attributes: old.map_or_else(BTreeMap::new, |old| old.attributes.clone()),
        };
        if old == Some(&new) {
            self.tally.unchanged(Kind::People);
            return;
        }
        let mut difference = Difference::default();
        difference.field("display_name", old.map_or("", |old| &old.display_name), &new.display_name);
        difference.field("email", old.map_or("", |old| &old.email), &new.email);
        let language = |profile: &Profile| profile.language.clone().unwrap_or_default();
        difference.field("language", &old.map(language).unwrap_or_default(), &language(&new));
        let account = |profile: &Profile| self.account_label(profile.account);
        difference.field("account", &old.map(account).unwrap_or_default(), &account(&new));
        self.tally.changed(Kind::People, key, old.is_none(), difference.into_fields());
        let now = self.terms.now;
        self.plan.people.push(match stored {
            Some(person) => person.revised(Person { profile: new, ..person.clone() }, now),
            None => Person::create(self.person_ids[key], new, now),
        });
    }

    fn plan_outcome(&mut self, row: &OutcomeRow) {
        let key = row.external_id.as_str();
        let stored = self.outcomes.get(key).copied();
        let account = row.account.as_ref().and_then(|key| self.account_ids.get(key.as_str()).copied());
        let unit = match &row.unit {
            Some(key) => self.unit(row.line, key),
            None => account.and_then(|account| self.serving.get(&account).copied()),
        };
        let facts = outcome::Facts {
            kind: row.kind,
            time: row.time,
            person: row.person.as_ref().and_then(|key| self.person_ids.get(key.as_str()).copied()),
            account,
            unit,
            amount_minor: row.amount_minor,
            currency: row.currency.clone(),
            external_id: Some(key.to_owned()),
            source: self.terms.source.to_owned(),
        };
        let old = stored.map(|outcome| &outcome.facts);
        if old == Some(&facts) {
            self.tally.unchanged(Kind::Outcomes);
            return;
        }
        let mut difference = Difference::default();
        let fields: [Field<'_, outcome::Facts>; 7] = [
            ("kind", &|facts| facts.kind.word().to_owned()),
            ("time", &|facts| facts.time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            ("person", &|facts| self.person_label(facts.person)),
            ("account", &|facts| self.account_label(facts.account)),
            ("unit", &|facts| self.unit_label(facts.unit)),
            ("amount_minor", &|facts| facts.amount_minor.to_string()),
            ("currency", &|facts| facts.currency.clone()),
        ];
        difference.fields(old, &facts, &fields);
        self.tally.changed(Kind::Outcomes, key, old.is_none(), difference.into_fields());
        let now = self.terms.now;
        self.plan.outcomes.push(match stored {
            Some(outcome) => outcome.with(facts, now),
            None => Outcome::create((self.ids.outcome)(), facts, now),
        });
    }

    fn unit(&mut self, line: u64, key: &str) -> Option<UnitId> {
        let unit = self.units.get(key).copied();
        if unit.is_none() {
            let heading = self.file.columns.heading(field::UNIT_ID);
            self.faults.add(
                line,
                heading,
                key,
                "no unit has this key in the directory, load the HR file first",
            );
        }
        unit
    }

    fn unit_label(&self, unit: Option<UnitId>) -> String {
        unit.map(|unit| self.unit_keys.get(&unit).map_or_else(|| unit.name(), |key| (*key).to_owned()))
            .unwrap_or_default()
    }

    fn account_label(&self, account: Option<AccountId>) -> String {
        account
            .map(|account| {
                self.account_keys.get(&account).map_or_else(|| account.name(), |key| (*key).to_owned())
            })
            .unwrap_or_default()
    }

    fn person_label(&self, person: Option<PersonId>) -> String {
        person
            .map(|person| {
                self.person_keys.get(&person).map_or_else(|| person.name(), |key| (*key).to_owned())
            })
            .unwrap_or_default()
    }
}

fn value(told: &Option<Told<String>>) -> Option<String> {
    told.as_ref().map(|told| told.value.clone())
}
