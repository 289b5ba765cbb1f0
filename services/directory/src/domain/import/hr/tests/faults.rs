//! What is told of files that can't be taken.

use super::*;

#[test]
fn a_bad_cell_is_told_by_line_and_column() {
    let columns = &[
        "person_id",
        "name",
        "email",
        "language",
        "time_zone",
        "state",
        "start_date",
        "unit_leader",
        "unit_id",
    ];
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
    let lines: Vec<_> = faults(content, &["person_id", "name", "email"], &State::default())
        .into_iter()
        .map(|fault| fault.0)
        .collect();
    assert_eq!(lines, [2, 3, 4]);
}

#[test]
fn a_person_on_two_lines_is_told_with_the_first_line() {
    let (line, column, problem) = one_fault("person_id,name\n7,Aino\n8,Bo\n7,Cai\n", &["person_id", "name"]);
    assert_eq!((line, column.as_str()), (4, "person_id"));
    assert!(problem.contains("line 2"));
}

#[test]
fn a_manager_nobody_knows_is_waited_for_and_one_who_is_stored_is_not() {
    let content = "person_id,name,manager_id\n8,Bo,E1\n9,Dia,E77\n10,Eeva,E78\n";
    let mut state = loaded();
    // An employee of another system has this key there.
    let elsewhere = PersonId::generate();
    state.elsewhere.insert("E78".to_owned(), elsewhere);
    let (plan, report) = take(content, &mapping(&["person_id", "name", "manager_id"]), &state, day(0));
    assert_eq!((report.fault_count, report.pending_count), (0, 1));
    let waiting = &report.pending[0];
    assert_eq!((waiting.line, waiting.external_id.as_str(), waiting.manager.as_str()), (3, "9", "E77"));
    let managers: Vec<_> = plan.people.iter().map(|person| person.profile.manager).collect();
    assert_eq!(managers, [Some(person(&state, "E1").id), None, Some(elsewhere)]);
    assert_eq!(plan.pending, [(plan.people[1].id, Some("E77".to_owned()))]);
}

#[test]
fn a_circle_of_managers_is_told_with_everybody_in_it() {
    let content = "person_id,name,manager_id\n1,Aino,3\n2,Bo,1\n3,Cai,2\n4,Dia,1\n";
    let (line, column, problem) = one_fault(content, &["person_id", "name", "manager_id"]);
    assert_eq!((line, column.as_str()), (2, "manager_id"));
    for person in ["1 (line 2)", "2 (line 3)", "3 (line 4)"] {
        assert!(problem.contains(person), "{problem}");
    }
    assert!(!problem.contains("4 (line"), "{problem}");
    // Half of the circle is stored already.
    let found = faults(
        "person_id,name,manager_id\nE1,Aino Esimerkki,E2\n",
        &["person_id", "name", "manager_id"],
        &loaded(),
    );
    assert_eq!((found[0].0, found[0].1.as_str()), (2, "manager_id"));
    assert!(found[0].2.contains("E2 (not in the file)"), "{}", found[0].2);
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
    let (line, column, _) =
        one_fault("unit_id,unit_name,parent_unit_id\nR,r,\nQ,q,\nA,a,R\nA,a,Q\n", columns);
    assert_eq!((line, column.as_str()), (5, "parent_unit_id"));
    let columns = &["person_id", "name", "unit_id", "unit_leader"];
    let (line, column, _) =
        one_fault("person_id,name,unit_id,unit_leader\n1,Aino,A,yes\n2,Bo,A,yes\n", columns);
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
    let (_, report) =
        take("unit_id,unit_name\nS,South again\n", &mapping(&["unit_id", "unit_name"]), &state, day(25));
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

#[test]
fn a_value_too_long_is_told_by_its_column() {
    let columns = [
        ("id", "person_id"),
        ("name", "name"),
        ("site", "attribute:site"),
        ("key", &*format!("attribute:{}", "k".repeat(65))),
    ];
    let columns = columns.map(|(heading, field)| (heading.to_owned(), field.to_owned())).into();
    let mapping = Mapping { columns, source: "hr".to_owned(), ..Mapping::default() };
    let content = format!("id,name,site,key\n1,{},{},x\n", "n".repeat(201), "s".repeat(501));
    let (_, report) = take(&content, &mapping, &State::default(), day(0));
    let mut columns: Vec<_> = report.faults.iter().map(|fault| fault.column.as_str()).collect();
    columns.sort_unstable();
    assert_eq!(columns, ["key", "name", "site"]);
    assert!(report.faults.iter().all(|fault| fault.value.len() <= 100));
}
