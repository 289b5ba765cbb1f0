use std::collections::HashMap;

use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::super::super::outcome;
use super::super::mapping::Mapping;
use super::super::report::{Kind, Report};
use super::super::{NewIds, table};
use super::plan::Terms;
use super::{Plan, State, plan, read};

const IDS: NewIds = NewIds {
    unit: UnitId::generate,
    role: RoleId::generate,
    person: PersonId::generate,
    account: AccountId::generate,
    outcome: OutcomeId::generate,
};

const COLUMNS: &[&str] = &[
    "account_id",
    "account_name",
    "segment",
    "unit_id",
    "person_id",
    "name",
    "email",
    "language",
    "outcome_id",
    "outcome_kind",
    "outcome_time",
    "amount",
    "currency",
];

const FILE: &str = "\
account_id,account_name,segment,unit_id,person_id,name,email,language,outcome_id,outcome_kind,outcome_time,amount,currency
A1,Keksitty Oy,retail,N,,,,,,,,,
A1,Keksitty Oy,,,C1,Eeva Asiakas,eeva@example.com,fi,,,,,
A1,,,,C1,,,,O1,purchase,2026-02-01,\"1 234,50\",EUR
A1,,,,,,,,O2,churn,2026-03-01T10:00:00Z,,
,,,,C2,Filip Kund,,sv,O3,upsell,2026-03-02 14:30,500,JPY
";

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 6, 1).unwrap().and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn mapping(columns: &[&str]) -> Mapping {
    let columns = columns.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
    Mapping { columns, source: "crm".to_owned(), ..Mapping::default() }
}

fn start() -> State {
    State { units: HashMap::from([("N".to_owned(), UnitId::generate())]), ..State::default() }
}

fn take(content: &str, mapping: &Mapping, state: &State) -> (Plan, Report) {
    let table = table::read(content, mapping.delimiter).unwrap();
    match read(&table, mapping, Tz::Europe__Helsinki) {
        Err(faults) => (Plan::default(), Report::refused(table.rows.len() as u64, false, faults)),
        Ok(file) => plan(&file, state, &Terms { source: "crm", now: now(), dry_run: false }, IDS),
    }
}

fn carry_out(state: &mut State, plan: Plan) {
    let Plan { accounts, people, outcomes } = plan;
    for account in accounts {
        state.accounts.retain(|stored| stored.id != account.id);
        state.accounts.push(account);
    }
    for person in people {
        state.people.retain(|stored| stored.id != person.id);
        state.people.push(person);
    }
    for outcome in outcomes {
        state.outcomes.retain(|stored| stored.id != outcome.id);
        state.outcomes.push(outcome);
    }
}

fn one_fault(row: &str, columns: &[&str]) -> (u64, String, String) {
    let (plan, report) = take(&format!("{}\n{row}\n", columns.join(",")), &mapping(columns), &start());
    assert!(plan.accounts.is_empty() && plan.people.is_empty() && plan.outcomes.is_empty());
    assert_eq!(report.faults.len(), 1, "{row}: {:?}", report.faults);
    let fault = report.faults.into_iter().next().unwrap();
    (fault.line, fault.column, fault.problem)
}

#[test]
fn a_file_becomes_accounts_customers_and_outcomes() {
    let state = start();
    let (plan, report) = take(FILE, &mapping(COLUMNS), &state);
    assert_eq!(report.faults, []);
    assert_eq!(report.rows, 5);
    let account = &plan.accounts[0];
    assert_eq!(
        (account.details.display_name.as_str(), account.details.segment.as_str()),
        ("Keksitty Oy", "retail")
    );
    assert_eq!(account.details.unit, Some(state.units["N"]));
    let eeva = &plan.people[0];
    assert_eq!((eeva.profile.account, eeva.profile.source.as_str()), (Some(account.id), "crm"));
    let facts: Vec<_> = plan.outcomes.iter().map(|outcome| &outcome.facts).collect();
    assert_eq!((facts[0].kind, facts[0].amount_minor), (outcome::Kind::Purchase, 123_450));
    assert_eq!((facts[0].person, facts[0].account), (Some(eeva.id), Some(account.id)));
    assert_eq!(facts[0].unit, Some(state.units["N"]), "the account's unit");
    assert_eq!(facts[0].time.to_rfc3339(), "2026-01-31T22:00:00+00:00", "midnight of the tenant");
    assert_eq!((facts[1].amount_minor, facts[1].currency.as_str()), (0, ""));
    assert_eq!((facts[2].amount_minor, facts[2].currency.as_str(), facts[2].unit), (500, "JPY", None));
}

#[test]
fn a_second_run_changes_nothing() {
    let mut state = start();
    let (plan, _) = take(FILE, &mapping(COLUMNS), &state);
    carry_out(&mut state, plan);
    let (plan, report) = take(FILE, &mapping(COLUMNS), &state);
    assert!(plan.accounts.is_empty() && plan.people.is_empty() && plan.outcomes.is_empty());
    assert_eq!(report.changes, []);
    let unchanged: Vec<_> = report.counts.iter().map(|count| (count.kind, count.unchanged)).collect();
    assert_eq!(unchanged, [(Kind::Accounts, 1), (Kind::People, 2), (Kind::Outcomes, 3)]);
}

#[test]
fn a_correction_changes_only_what_it_says() {
    let mut state = start();
    let (plan, _) = take(FILE, &mapping(COLUMNS), &state);
    carry_out(&mut state, plan);
    let content = "person_id,email\nC1,eeva@example.org\n";
    let (plan, report) = take(content, &mapping(&["person_id", "email"]), &state);
    assert_eq!(report.changes.len(), 1);
    assert_eq!(report.changes[0].fields[0].before, "eeva@example.com");
    assert_eq!(plan.people[0].profile.display_name, "Eeva Asiakas");
    assert_eq!(
        plan.people[0].profile.account,
        state.people.iter().find(|p| p.id == plan.people[0].id).unwrap().profile.account
    );
    assert_eq!(plan.people[0].revision, 2);
}

#[test]
fn a_bad_cell_is_told_by_line_and_column() {
    let outcome = &["outcome_id", "outcome_kind", "outcome_time", "amount", "currency"];
    for (row, column, begins) in [
        ("O1,,2026-01-01,,", "outcome_kind", "must be given"),
        ("O1,win,2026-01-01,,", "outcome_kind", "must be purchase"),
        ("O1,churn,,,", "outcome_time", "must be given"),
        ("O1,churn,1.1.2026,,", "outcome_time", "must be a time"),
        ("O1,churn,2026-01-01,much,EUR", "amount", "must be a number"),
        ("O1,churn,2026-01-01,1.5,JPY", "amount", "has more decimals"),
        ("O1,churn,2026-01-01,1.5,", "currency", "must be given where"),
        ("O1,churn,2026-01-01,1.5,euro", "currency", "must be a code"),
        (",churn,2026-01-01,,", "outcome_id", "must be given where"),
    ] {
        let (line, at, problem) = one_fault(row, outcome);
        assert_eq!((line, at.as_str()), (2, column), "{row}: {problem}");
        assert!(problem.starts_with(begins), "{row}: {problem}");
    }
    let (_, column, _) = one_fault("C1,,x", &["person_id", "name", "email"]);
    assert_eq!(column, "email");
    let (_, column, problem) = one_fault("A1,Nimi,X", &["account_id", "account_name", "unit_id"]);
    assert_eq!(column, "unit_id");
    assert!(problem.contains("HR file"));
    let (_, column, _) = one_fault("C9,c9@example.com", &["person_id", "email"]);
    assert_eq!(column, "", "no column is mapped to the name that a new customer needs");
}

#[test]
fn rows_that_contradict_each_other_are_told_with_the_other_line() {
    let (line, column, problem) = one_fault("A1,a\nA1,b", &["account_id", "account_name"]);
    assert_eq!((line, column.as_str()), (3, "account_name"));
    assert!(problem.contains("line 2"));
    let (line, column, _) = one_fault(
        "O1,churn,2026-01-01\nO1,churn,2026-01-02",
        &["outcome_id", "outcome_kind", "outcome_time"],
    );
    assert_eq!((line, column.as_str()), (3, "outcome_id"));
}

#[test]
fn a_row_of_nothing_known_is_told() {
    let (line, column, _) = one_fault(",N", &["account_id", "unit_id"]);
    assert_eq!((line, column.as_str()), (2, ""));
}

#[test]
fn a_default_currency_serves_where_none_is_named() {
    let columns = &["outcome_id", "outcome_kind", "outcome_time", "amount"];
    let mapping = Mapping { default_currency: "KWD".to_owned(), ..mapping(columns) };
    let (plan, _) =
        take("outcome_id,outcome_kind,outcome_time,amount\nO1,churn,2026-01-01,1.5\n", &mapping, &start());
    assert_eq!(plan.outcomes[0].facts.amount_minor, 1_500);
}

#[test]
fn what_must_be_mapped_together_is_told_for_the_file_as_a_whole() {
    for columns in
        [&["name"][..], &["outcome_id"], &["account_id", "amount"], &["person_id", "segment"], &["unit_id"]]
    {
        let (_, report) = take(&format!("{}\n", COLUMNS.join(",")), &mapping(columns), &start());
        assert!(
            !report.faults.is_empty() && report.faults.iter().all(|fault| fault.line == 0),
            "{columns:?}"
        );
    }
}
