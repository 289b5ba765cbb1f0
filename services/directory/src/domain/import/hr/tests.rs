use std::collections::HashMap;

use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;

use super::super::super::person::{Employment, Kind as PersonKind};
use super::super::super::{Person, Unit};
use super::super::NewIds;
use super::super::mapping::Mapping;
use super::super::report::{Kind, Report};
use super::plan::Terms;
use super::{Limits, Plan, State, plan, read};

mod faults;
mod full;
mod parts;
mod profiles;

const IDS: NewIds = NewIds {
    unit: UnitId::generate,
    role: RoleId::generate,
    person: PersonId::generate,
    account: AccountId::generate,
    outcome: OutcomeId::generate,
};

/// Headings that are called as their fields are.
const FULL: &[&str] = &[
    "person_id",
    "name",
    "email",
    "unit_id",
    "unit_name",
    "parent_unit_id",
    "unit_leader",
    "role",
    "manager_id",
    "state",
    "start_date",
];

const FILE: &str = "\
person_id;name;email;unit_id;unit_name;parent_unit_id;unit_leader;role;manager_id;state;start_date
;;;G;Group;;;;;;
E1;Aino Esimerkki;aino@example.com;N;North;G;yes;director;;active;
E2;Bo Exempel;bo@example.com;N;North;G;;driver;E1;active;
E3;Cai Keksitty;;S;South;G;yes;driver;E1;vapaalla;
";

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn now() -> DateTime<Utc> {
    day(0).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn mapping(columns: &[&str]) -> Mapping {
    let columns = columns.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect();
    Mapping { columns, source: "hr".to_owned(), ..Mapping::default() }
}

fn take(content: &str, mapping: &Mapping, state: &State, effective: NaiveDate) -> (Plan, Report) {
    take_as(content, mapping, state, effective, false)
}

fn take_as(
    content: &str,
    mapping: &Mapping,
    state: &State,
    effective: NaiveDate,
    full: bool,
) -> (Plan, Report) {
    let table = match mapping.open(content) {
        Ok(table) => table,
        Err(faults) => return (Plan::default(), Report::refused(0, false, faults)),
    };
    match read(&table, mapping) {
        Err(faults) => (Plan::default(), Report::refused(table.rows.len() as u64, false, faults)),
        Ok(file) => {
            let terms = Terms {
                source: "hr",
                effective,
                today: day(0),
                full,
                now: now(),
                dry_run: false,
                brake: Limits::default(),
            };
            plan(&file, state, &terms, IDS)
        }
    }
}

/// What is stored after a plan was carried out.
fn carry_out(state: &mut State, plan: Plan) {
    let Plan { units, roles, people, pending } = plan;
    for (person, manager) in pending {
        state.pending.remove(&person);
        state.pending.extend(manager.map(|manager| (person, manager)));
    }
    for unit in units {
        state.units.retain(|stored| stored.id != unit.id);
        state.units.push(unit);
    }
    state.roles.extend(roles);
    for person in people {
        state.people.retain(|stored| stored.id != person.id);
        state.people.push(person);
    }
    let manager = |person: &Person| Some((person.id, person.profile.manager?));
    state.managers = state.people.iter().filter_map(manager).collect();
}

fn loaded() -> State {
    let mut state = State::default();
    let (plan, report) = take(FILE, &mapping(FULL), &state, day(0));
    assert_eq!(report.faults, []);
    carry_out(&mut state, plan);
    state
}

fn counts(report: &Report) -> HashMap<Kind, (u64, u64, u64)> {
    let count =
        |count: &super::super::report::Count| (count.kind, (count.created, count.updated, count.unchanged));
    report.counts.iter().map(count).collect()
}

/// Line, column and the beginning of the problem of each fault.
fn faults(content: &str, columns: &[&str], state: &State) -> Vec<(u64, String, String)> {
    let (plan, report) = take(content, &mapping(columns), state, day(0));
    assert!(plan.units.is_empty() && plan.roles.is_empty() && plan.people.is_empty());
    assert_eq!(report.fault_count, report.faults.len() as u64);
    assert!(report.changes.is_empty() && report.counts.is_empty());
    let fault = |fault: super::super::report::Fault| (fault.line, fault.column, fault.problem);
    report.faults.into_iter().map(fault).collect()
}

fn one_fault(content: &str, columns: &[&str]) -> (u64, String, String) {
    let mut faults = faults(content, columns, &State::default());
    assert_eq!(faults.len(), 1, "{faults:?}");
    faults.remove(0)
}

fn unit<'a>(state: &'a State, key: &str) -> &'a Unit {
    state.units.iter().find(|unit| unit.external_id.as_deref() == Some(key)).unwrap()
}

fn person<'a>(state: &'a State, key: &str) -> &'a Person {
    state.people.iter().find(|person| person.profile.external_id.as_deref() == Some(key)).unwrap()
}

#[test]
fn a_file_becomes_units_roles_people_and_places() {
    let state = loaded();
    let (group, north) = (unit(&state, "G"), unit(&state, "N"));
    assert_eq!(group.history.on(day(0)).unwrap().value.parent, None);
    let place = north.history.on(day(0)).unwrap().value;
    assert_eq!((place.display_name.as_str(), place.parent), ("North", Some(group.id)));
    assert_eq!(place.leader, Some(person(&state, "E1").id));
    assert!(group.history.on(day(-1)).is_none());
    let (aino, cai) = (person(&state, "E1"), person(&state, "E3"));
    assert_eq!(cai.profile.manager, Some(aino.id));
    assert_eq!(cai.profile.employment, Some(Employment::LongLeave));
    assert_eq!(cai.memberships.on(day(0)).unwrap().unit, unit(&state, "S").id);
    assert_eq!(state.roles.len(), 2);
}

#[test]
fn a_second_run_changes_nothing() {
    let state = loaded();
    for effective in [day(0), day(30)] {
        let (plan, report) = take(FILE, &mapping(FULL), &state, effective);
        assert!(plan.units.is_empty() && plan.roles.is_empty() && plan.people.is_empty());
        assert_eq!(report.changes, []);
        let expected = [
            (Kind::Units, (0, 0, 3)),
            (Kind::Roles, (0, 0, 2)),
            (Kind::People, (0, 0, 3)),
            (Kind::Memberships, (0, 0, 3)),
        ];
        assert_eq!(counts(&report), expected.into());
    }
}

#[test]
fn a_changed_file_changes_only_what_it_says_and_from_its_day_on() {
    let mut state = loaded();
    let content = "person_id,name,unit_id,unit_name,role\nE2,Bo Exempel,S,Deep South,driver\n";
    let columns = ["person_id", "name", "unit_id", "unit_name", "role"];
    let (plan, report) = take(content, &mapping(&columns), &state, day(10));
    let changes: Vec<_> = report
        .changes
        .iter()
        .map(|change| (change.kind, change.external_id.as_str(), change.creates, change.fields.len()))
        .collect();
    assert_eq!(changes, [(Kind::Units, "S", false, 1), (Kind::Memberships, "E2", false, 1)]);
    assert_eq!(
        (report.changes[1].fields[0].before.as_str(), report.changes[1].fields[0].after.as_str()),
        ("N", "S")
    );
    carry_out(&mut state, plan);
    let bo = person(&state, "E2");
    assert_eq!(bo.profile.email, "bo@example.com", "a column that is not mapped stays");
    assert_eq!(bo.revision, 2);
    assert_eq!(bo.memberships.on(day(9)).unwrap().unit, unit(&state, "N").id);
    assert_eq!(bo.memberships.on(day(10)).unwrap().unit, unit(&state, "S").id);
    assert_eq!(unit(&state, "S").history.on(day(9)).unwrap().value.display_name, "South");
    assert_eq!(unit(&state, "S").history.on(day(10)).unwrap().value.display_name, "Deep South");
}

#[test]
fn a_leaver_becomes_one_and_comes_back() {
    let mut state = loaded();
    for (word, kind) in [("päättynyt", PersonKind::Leaver), ("active", PersonKind::Employee)] {
        let content = format!("person_id,name,state\nE2,Bo Exempel,{word}\n");
        let (plan, _) = take(&content, &mapping(&["person_id", "name", "state"]), &state, day(3));
        carry_out(&mut state, plan);
        assert_eq!(person(&state, "E2").profile.kind, kind);
    }
}

#[test]
fn a_start_in_the_future_begins_the_place_then_and_stays_so() {
    let content = "person_id,name,unit_id,start_date\nE9,Dia Uusi,G,2026-03-01\n";
    let columns = ["person_id", "name", "unit_id", "start_date"];
    let mut state = loaded();
    let (plan, _) = take(content, &mapping(&columns), &state, day(5));
    carry_out(&mut state, plan);
    let first = person(&state, "E9").memberships.first_day();
    assert_eq!(first, NaiveDate::from_ymd_opt(2026, 3, 1));
    let (plan, _) = take(content, &mapping(&columns), &state, day(6));
    assert!(plan.people.is_empty());
}

#[test]
fn paths_make_the_units_above_too() {
    let content = "person_id,name,unit_path\n1,Aino,Group > North > Shop\n2,Bo,Group>North\n3,Cai,\n";
    let mut state = State::default();
    let (plan, report) = take(content, &mapping(&["person_id", "name", "unit_path"]), &state, day(0));
    assert_eq!(report.faults, []);
    carry_out(&mut state, plan);
    let (north, shop) = (unit(&state, "Group > North"), unit(&state, "Group > North > Shop"));
    let place = shop.history.on(day(0)).unwrap().value;
    assert_eq!((place.display_name.as_str(), place.parent), ("Shop", Some(north.id)));
    assert_eq!(person(&state, "2").memberships.on(day(0)).unwrap().unit, north.id);
    assert_eq!(person(&state, "3").memberships.on(day(0)), None);
}

#[test]
fn attributes_come_from_their_own_columns() {
    let content = "Tunnus;Etunimi;Sukunimi;Paikka\n1;Aino;Esimerkki;Turku\n";
    let columns = [
        ("Tunnus", "person_id"),
        ("Etunimi", "first_name"),
        ("Sukunimi", "last_name"),
        ("Paikka", "attribute:site"),
    ];
    let columns = columns.map(|(heading, field)| (heading.to_owned(), field.to_owned())).into();
    let mapping = Mapping { columns, source: "hr".to_owned(), ..Mapping::default() };
    let (plan, _) = take(content, &mapping, &State::default(), day(0));
    assert_eq!(plan.people[0].profile.display_name, "Aino Esimerkki");
    assert_eq!(plan.people[0].profile.attributes["site"], "Turku");
}

fn row() -> impl Strategy<Value = (u8, u8, u8, u8, bool)> {
    (0..30_u8, 0..6_u8, 0..4_u8, 0..30_u8, any::<bool>())
}

proptest! {
    #[test]
    fn whatever_a_file_says_its_second_run_changes_nothing(
        first in prop::collection::btree_map(0..30_u8, row(), 0..20),
        second in prop::collection::btree_map(0..30_u8, row(), 1..20),
        later in 0..20_i64,
    ) {
        let columns = &["person_id", "name", "unit_path", "role", "manager_id", "state"];
        let write = |rows: &std::collections::BTreeMap<u8, (u8, u8, u8, u8, bool)>| {
            let mut content = columns.join("|") + "\n";
            for (key, (name, unit, role, manager, left)) in rows {
                // Managers come before whom they manage, so that there is no circle.
                let manager = rows.keys().copied().filter(|known| known < key && known <= manager).max();
                let manager = manager.map(|manager| manager.to_string()).unwrap_or_default();
                let state = if *left { "left" } else { "active" };
                let unit = "ABC".chars().take(usize::from(unit % 4)).map(String::from).collect::<Vec<_>>().join(">");
                let role = if unit.is_empty() { String::new() } else { format!("role {role}") };
                content += &format!("{key}|Name {name}|{unit}|{role}|{manager}|{state}\n");
            }
            content
        };
        let mut state = State::default();
        for (rows, effective) in [(&first, day(0)), (&second, day(later))] {
            let (plan, report) = take(&write(rows), &mapping(columns), &state, effective);
            if !report.faults.is_empty() {
                // The stored managers may close a circle with the new ones.
                prop_assert!(report.faults.iter().all(|fault| fault.problem.contains("circle")));
                continue;
            }
            carry_out(&mut state, plan);
            let (plan, report) = take(&write(rows), &mapping(columns), &state, effective);
            prop_assert!(plan.units.is_empty() && plan.roles.is_empty() && plan.people.is_empty());
            prop_assert!(report.changes.is_empty() && report.faults.is_empty());
        }
    }
}
