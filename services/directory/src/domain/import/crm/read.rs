//! From the rows of a CRM file to what they say.
//!
//! One row may tell of an account, of a customer and of something that happened, all at once. Accounts and customers
//! may be told of on many rows, as long as the rows agree; an outcome happens once.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::super::super::{money, outcome};
use super::super::cell;
use super::super::mapping::{Cell, Columns, Mapping};
use super::super::report::Faults;
use super::super::table::{Row, Table};
use super::{FIELDS, LONGEST, LONGEST_SEGMENT, field};

/// A CRM file, understood.
#[derive(Clone, Debug)]
pub struct File {
    /// How many rows it has.
    pub rows: u64,
    pub columns: Columns,
    /// By key.
    pub accounts: BTreeMap<String, AccountRow>,
    /// By key.
    pub people: BTreeMap<String, PersonRow>,
    pub outcomes: Vec<OutcomeRow>,
}

/// An account as the file tells of it. A field is none where no row tells it.
#[derive(Clone, Debug, Default)]
pub struct AccountRow {
    /// The first line that tells of it.
    pub line: u64,
    pub name: Option<Told<String>>,
    pub segment: Option<Told<String>>,
    /// The key of the unit that serves the account.
    pub unit: Option<Told<String>>,
}

/// A customer as the file tells of them.
#[derive(Clone, Debug, Default)]
pub struct PersonRow {
    pub line: u64,
    pub name: Option<Told<String>>,
    pub email: Option<Told<String>>,
    pub language: Option<Told<String>>,
    /// The key of the account.
    pub account: Option<Told<String>>,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct OutcomeRow {
    pub line: u64,
    pub external_id: String,
    pub kind: outcome::Kind,
    pub time: DateTime<Utc>,
    pub person: Option<String>,
    pub account: Option<String>,
    pub unit: Option<String>,
    pub amount_minor: i64,
    pub currency: String,
}

/// Something that a line tells.
#[derive(Clone, Debug)]
pub struct Told<T> {
    pub line: u64,
    pub value: T,
}

/// Reads a CRM file. Times without a zone are of `zone`.
pub fn read(table: &Table, mapping: &Mapping, zone: Tz) -> Result<File, Faults> {
    let columns = Columns::find(mapping, &table.headings, &FIELDS, false)?;
    check_columns(&columns)?;
    let mut reader = Reader {
        columns: &columns,
        mapping,
        zone,
        faults: Faults::default(),
        accounts: BTreeMap::new(),
        people: BTreeMap::new(),
        outcomes: Vec::new(),
        outcome_lines: HashMap::new(),
    };
    for row in &table.rows {
        reader.take(row);
    }
    let Reader { faults, accounts, people, outcomes, .. } = reader;
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(File { rows: table.rows.len() as u64, columns, accounts, people, outcomes })
}

/// What must be mapped together.
fn check_columns(columns: &Columns) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let keys = [field::ACCOUNT_ID, field::PERSON_ID, field::OUTCOME_ID];
    if !keys.iter().any(|field| columns.has(field)) {
        faults.add(0, "", "", "map a column to account_id, to person_id or to outcome_id");
    }
    for (key, fields) in [
        (field::ACCOUNT_ID, [field::ACCOUNT_NAME, field::SEGMENT, field::ACCOUNT_UNIT_ID].as_slice()),
        (field::PERSON_ID, &[field::NAME, field::EMAIL, field::LANGUAGE]),
        (field::OUTCOME_ID, &[field::OUTCOME_KIND, field::OUTCOME_TIME, field::AMOUNT, field::CURRENCY]),
    ] {
        for field in fields.iter().filter(|field| columns.has(field) && !columns.has(key)) {
            faults.add(0, columns.heading(field), field, format!("{field} needs a column mapped to {key}"));
        }
    }
    if columns.has(field::OUTCOME_ID) {
        for field in [field::OUTCOME_KIND, field::OUTCOME_TIME] {
            if !columns.has(field) {
                faults.add(0, "", field, format!("map a column to {field}, which every outcome has"));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

struct Reader<'a> {
    columns: &'a Columns,
    mapping: &'a Mapping,
    zone: Tz,
    faults: Faults,
    accounts: BTreeMap<String, AccountRow>,
    people: BTreeMap<String, PersonRow>,
    outcomes: Vec<OutcomeRow>,
    outcome_lines: HashMap<String, u64>,
}

impl Reader<'_> {
    fn take(&mut self, row: &Row) {
        let account = self.key(row, field::ACCOUNT_ID);
        let person = self.key(row, field::PERSON_ID);
        let outcome = self.key(row, field::OUTCOME_ID);
        let unit = self.key(row, field::UNIT_ID);
        // Checked here as a key; below it is read again with its place in the file.
        self.key(row, field::ACCOUNT_UNIT_ID);
        let columns = self.columns;
        let parts = [
            (
                &account,
                field::ACCOUNT_ID,
                [field::ACCOUNT_NAME, field::SEGMENT, field::ACCOUNT_UNIT_ID].as_slice(),
            ),
            (&person, field::PERSON_ID, &[field::NAME, field::EMAIL, field::LANGUAGE]),
            (&outcome, field::OUTCOME_ID, &[field::OUTCOME_KIND, field::OUTCOME_TIME, field::AMOUNT]),
        ];
        let mut blamed = false;
        for (key, key_field, fields) in parts {
            let says = fields.iter().find_map(|field| columns.filled(row, field));
            if let (None, Some(says)) = (key, says) {
                let problem = format!("must be given where the line has {:?}", says.heading);
                self.faults.add(row.line, columns.heading(key_field), "", problem);
                blamed = true;
            }
        }
        if account.is_none() && person.is_none() && outcome.is_none() {
            if !blamed {
                self.faults.add(row.line, "", "", "the line names no account, no person and no outcome");
            }
            return;
        }
        if let Some(key) = &account {
            // On a line with an outcome the plain unit is the outcome's.
            let plain = if outcome.is_none() { columns.filled(row, field::UNIT_ID) } else { None };
            let unit = columns.filled(row, field::ACCOUNT_UNIT_ID).or(plain);
            self.take_account(row, key, unit);
        }
        if let Some(key) = &person {
            self.take_person(row, key);
        }
        if let Some(key) = outcome {
            self.take_outcome(row, key, person, account, unit);
        }
    }

    fn key(&mut self, row: &Row, field: &str) -> Option<String> {
        let cell = self.columns.filled(row, field)?;
        if cell.text.chars().count() > LONGEST {
            cell.refuse(&mut self.faults, format!("must have at most {LONGEST} characters"));
            return None;
        }
        Some(cell.text.to_owned())
    }

    fn take_account(&mut self, row: &Row, key: &str, unit: Option<Cell<'_>>) {
        let (columns, faults) = (self.columns, &mut self.faults);
        let account = self.accounts.entry(key.to_owned()).or_default();
        if account.line == 0 {
            account.line = row.line;
        }
        tell(&mut account.name, columns.filled(row, field::ACCOUNT_NAME), LONGEST, key, faults);
        tell(&mut account.segment, columns.filled(row, field::SEGMENT), LONGEST_SEGMENT, key, faults);
        tell(&mut account.unit, unit, LONGEST, key, faults);
    }

    fn take_person(&mut self, row: &Row, key: &str) {
        let (columns, faults) = (self.columns, &mut self.faults);
        let person = self.people.entry(key.to_owned()).or_default();
        if person.line == 0 {
            person.line = row.line;
        }
        tell(&mut person.name, columns.filled(row, field::NAME), LONGEST, key, faults);
        tell(&mut person.account, columns.filled(row, field::ACCOUNT_ID), LONGEST, key, faults);
        if let Some(cell) = columns.filled(row, field::EMAIL) {
            if cell::is_email(cell.text) {
                tell(&mut person.email, Some(cell), LONGEST + 55, key, faults);
            } else {
                cell.refuse(faults, "must be an address such as first.last@example.com");
            }
        }
        if let Some(cell) = columns.filled(row, field::LANGUAGE) {
            match cell::language(cell.text) {
                Some(tag) => {
                    person.language.get_or_insert(Told { line: row.line, value: tag });
                }
                None => cell.refuse(faults, "must be a tag such as fi or sv-FI"),
            }
        }
    }

    fn take_outcome(
        &mut self,
        row: &Row,
        key: String,
        person: Option<String>,
        account: Option<String>,
        unit: Option<String>,
    ) {
        if let Some(first) = self.outcome_lines.insert(key.clone(), row.line) {
            let problem = format!("is on line {first} already, an outcome happens once");
            self.faults.add(row.line, self.columns.heading(field::OUTCOME_ID), &key, problem);
            return;
        }
        let form = self.mapping.date_format.as_deref();
        let kind = self.required(
            row,
            field::OUTCOME_KIND,
            "must be purchase, renewal, churn, upsell, complaint or support_case",
            cell::outcome_kind,
        );
        let zone = self.zone;
        let example = form.unwrap_or("YYYY-MM-DD");
        let problem = format!("must be a time such as 2026-05-31T12:00:00Z, or a day in the form {example}");
        let time = self.required(row, field::OUTCOME_TIME, &problem, |text| cell::time(text, form, zone));
        let money = self.amount(row);
        if let (Some(kind), Some(time), Some((amount_minor, currency))) = (kind, time, money) {
            let external_id = key;
            self.outcomes.push(OutcomeRow {
                line: row.line,
                external_id,
                kind,
                time,
                person,
                account,
                unit,
                amount_minor,
                currency,
            });
        }
    }

    fn required<T>(
        &mut self,
        row: &Row,
        field: &str,
        problem: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let cell = self.columns.cell(row, field)?;
        let value = read(cell.text);
        if value.is_none() {
            let problem = if cell.text.is_empty() { "must be given" } else { problem };
            cell.refuse(&mut self.faults, problem);
        }
        value
    }

    /// The amount in minor units with its currency; zero and none where the row has no amount.
    fn amount(&mut self, row: &Row) -> Option<(i64, String)> {
        let Some(amount) = self.columns.filled(row, field::AMOUNT) else { return Some((0, String::new())) };
        let named = self.columns.filled(row, field::CURRENCY);
        let currency = named.map_or(self.mapping.default_currency.as_str(), |cell| cell.text).to_uppercase();
        if currency.is_empty() {
            let heading = self.columns.heading(field::CURRENCY);
            let problem = "must be given where there is an amount, or set default_currency";
            self.faults.add(row.line, heading, "", problem);
            return None;
        }
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            self.faults.add(
                row.line,
                self.columns.heading(field::CURRENCY),
                &currency,
                "must be a code such as EUR",
            );
            return None;
        }
        match money::parse(amount.text, &currency) {
            Ok(minor) => Some((minor, currency)),
            Err(error) => {
                amount.refuse(&mut self.faults, error.to_string());
                None
            }
        }
    }
}

/// Takes in what a cell tells, unless it contradicts what an earlier line told.
fn tell(
    slot: &mut Option<Told<String>>,
    cell: Option<Cell<'_>>,
    longest: usize,
    key: &str,
    faults: &mut Faults,
) {
    let Some(cell) = cell else { return };
    match slot {
        Some(other) if other.value != cell.text => {
            cell.refuse(faults, format!("{key:?} has {:?} here on line {}", other.value, other.line));
        }
        Some(_) => {}
        None if cell.text.chars().count() > longest => {
            cell.refuse(faults, format!("must have at most {longest} characters"));
        }
        None => *slot = Some(Told { line: cell.line, value: cell.text.to_owned() }),
    }
}
