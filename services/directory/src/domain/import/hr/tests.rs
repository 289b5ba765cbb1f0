use std::collections::HashMap;

use arki_ids::{AccountId, OutcomeId, PersonId, RoleId, UnitId};
use chrono::{DateTime, NaiveDate, Utc};
use proptest::prelude::*;

use super::super::super::person::{Employment, Kind as PersonKind};
use super::super::super::{Person, Unit};
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

/// Headings that are called as their fields are.
const FULL: &[&str] = &[
    "person_id", "name", "email", "unit_id", "unit_name", "parent_unit_id", "unit_leader", "role", "manager_id",
    "state", "start_date",
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
    let table = match table::read(content, mapping.delimiter) {
        Ok(table) => table,
        Err(faults) => return (Plan::default(), Report::refused(0, false, faults)),
    };
    match read(&table, mapping) {
        Err(faults) => (Plan::default(), Report::refused(table.rows.len() as u64, false, faults)),
        Ok(file) => {
            let terms = Terms { source: "hr", effective, now: now(), dry_run: false };
            plan(&file, state, &terms, IDS)
        }
    }
}

/// What is stored after a plan was carried out.
fn carry_out(state: &mut State, plan: Plan) {
    let Plan { units, roles, people } = plan;
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
    let count = |count: &super::super::report::Count| {
        (count.kind, (count.created, count.updated, count.unchanged))
    };
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
    assert_eq!((report.changes[1].fields[0].before.as_str(), report.changes[1].fields[0].after.as_str()), ("N", "S"));
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

#[test]
fn a_bad_cell_is_told_by_line_and_column() {
    let columns = &["person_id", "name", "email", "language", "time_zone", "state", "start_date", "unit_leader", "unit_id"];
    let heading = columns.join(",");
    for (row, column, begins) in [
        ("1,,,,,,,,", "name", "must be given"),
        (",Aino,,,,,,,", "person_id", "must be given where"),
        ("1,Aino,not an address,,,,,,", "email", "must be an address"),
        ("1,Aino,,Finnish!,,,,,", "language", "must be a tag"),
        ("1,Aino,,,Europe/Atlantis,,,,", "time_zone", "must be an IANA"),
        ("1,Aino,,,,perhaps,,,", "state", "must be active"),
        ("1,Aino,,,,,31.12.2026,,", "start_date", "must be a day in the form YYYY-MM-DD"),
        ("1,Aino,,,,,2026-02-30,,", "start_date", "must be a day"),
        ("1,Aino,,,,,,maybe,U", "unit_leader", "must say yes or no"),
        ("1,Aino,,,,,,yes,", "unit_leader", "a leader needs a unit"),
    ] {
        let (line, at, problem) = one_fault(&format!("{heading}\n\n{row}\n"), columns);
        assert_eq!((line, at.as_str()), (3, column), "{row}: {problem}");
        assert!(problem.starts_with(begins), "{row}: {problem}");
    }
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let content = "person_id,name,email\n1,Aino,x\n2,,\n1,Bo,\n";
    let lines: Vec<_> =
        faults(content, &["person_id", "name", "email"], &State::default()).into_iter().map(|fault| fault.0).collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn a_person_on_two_lines_is_told_with_the_first_line() {
    let (line, column, problem) = one_fault("person_id,name\n7,Aino\n8,Bo\n7,Cai\n", &["person_id", "name"]);
    assert_eq!((line, column.as_str()), (4, "person_id"));
    assert!(problem.contains("line 2"));
}

#[test]
fn a_manager_nobody_knows_is_told_and_one_who_is_stored_is_not() {
    let content = "person_id,name,manager_id\n8,Bo,E1\n9,Dia,E77\n";
    let found = faults(content, &["person_id", "name", "manager_id"], &loaded());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].0, found[0].1.as_str()), (3, "manager_id"));
}

#[test]
fn a_circle_of_managers_is_told_with_everybody_in_it() {
    let content = "person_id,name,manager_id\n1,Aino,3\n2,Bo,1\n3,Cai,2\n4,Dia,1\n";
    let (line, column, problem) = one_fault(content, &["person_id", "name", "manager_id"]);
    assert_eq!((line, column.as_str()), (2, "manager_id"));
    assert!(problem.contains('1') && problem.contains('2') && problem.contains('3') && !problem.contains('4'));
    // Half of the circle is stored already.
    let found = faults("person_id,name,manager_id\nE1,Aino Esimerkki,E2\n", &["person_id", "name", "manager_id"], &loaded());
    assert_eq!((found[0].0, found[0].1.as_str()), (2, "manager_id"));
}

#[test]
fn a_circle_of_units_is_told_once() {
    let content = "unit_id,unit_name,parent_unit_id\nA,a,C\nB,b,A\nC,c,B\n";
    let (line, column, problem) = one_fault(content, &["unit_id", "unit_name", "parent_unit_id"]);
    assert_eq!((line, column.as_str()), (2, "parent_unit_id"));
    assert!(problem.contains("circle"));
}

#[test]
fn units_that_contradict_themselves_are_told_with_the_other_line() {
    let columns = &["unit_id", "unit_name", "parent_unit_id"];
    let (line, column, problem) = one_fault("unit_id,unit_name,parent_unit_id\nA,a,\nA,b,\n", columns);
    assert_eq!((line, column.as_str()), (3, "unit_name"));
    assert!(problem.contains("line 2"));
    let (line, column, _) = one_fault("unit_id,unit_name,parent_unit_id\nR,r,\nQ,q,\nA,a,R\nA,a,Q\n", columns);
    assert_eq!((line, column.as_str()), (5, "parent_unit_id"));
    let columns = &["person_id", "name", "unit_id", "unit_leader"];
    let (line, column, _) = one_fault("person_id,name,unit_id,unit_leader\n1,Aino,A,yes\n2,Bo,A,yes\n", columns);
    assert_eq!((line, column.as_str()), (3, "unit_leader"));
}

#[test]
fn a_unit_above_that_nobody_knows_is_told_unless_it_is_named() {
    let columns = &["unit_id", "parent_unit_id"];
    let (line, column, _) = one_fault("unit_id,parent_unit_id\nA,R\n", columns);
    assert_eq!((line, column.as_str()), (2, "parent_unit_id"));
    let content = "unit_id,parent_unit_id,parent_unit_name\nA,R,Root\n";
    let columns = &["unit_id", "parent_unit_id", "parent_unit_name"];
    let (plan, report) = take(content, &mapping(columns), &State::default(), day(0));
    assert_eq!((report.faults, plan.units.len()), (Vec::new(), 2));
}

#[test]
fn a_closed_unit_takes_nobody_in() {
    let mut state = loaded();
    let closed = unit(&state, "S").close(day(20), now()).unwrap();
    carry_out(&mut state, Plan { units: vec![closed], ..Plan::default() });
    let columns = &["person_id", "name", "unit_id"];
    let content = "person_id,name,unit_id\n8,Dia,S\n";
    let (_, report) = take(content, &mapping(columns), &state, day(5));
    assert_eq!(report.faults[0].column, "unit_id");
    let (_, report) = take("unit_id,unit_name\nS,South again\n", &mapping(&["unit_id", "unit_name"]), &state, day(25));
    assert!(report.faults[0].problem.contains("closed"));
}

#[test]
fn what_must_be_mapped_together_is_told_for_the_file_as_a_whole() {
    let content = "person_id,name,email,unit_id,unit_path,unit_name\n";
    for columns in [
        &["name"][..],
        &["person_id"],
        &["person_id", "first_name"],
        &["unit_id", "email"],
        &["person_id", "name", "unit_id", "unit_path"],
        &["person_id", "name", "unit_name"],
        &[],
    ] {
        let found = faults(content, columns, &State::default());
        assert!(!found.is_empty() && found.iter().all(|fault| fault.0 <= 1), "{columns:?}: {found:?}");
    }
}

#[test]
fn a_role_without_a_unit_is_told() {
    let content = "person_id,name,role\n1,Aino,driver\n";
    let (line, column, _) = one_fault(content, &["person_id", "name", "role"]);
    assert_eq!((line, column.as_str()), (2, "role"));
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
