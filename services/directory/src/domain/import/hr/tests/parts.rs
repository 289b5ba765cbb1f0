//! A file taken in parts says what it says as a whole, in whatever order and mode.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use super::super::super::report::Faults;
use super::super::super::table;
use super::super::{Content, Planner, Reader};
use super::*;

const COLUMNS: &[&str] = &["person_id", "name", "email", "unit_path", "role", "manager_id"];

type Rows = BTreeMap<u8, (u8, u8, u8, u8)>;

fn rows() -> impl Strategy<Value = Rows> {
    prop::collection::btree_map(0..30_u8, (0..6_u8, 0..4_u8, 0..4_u8, 0..40_u8), 1..25)
}

fn write(rows: &Rows, order: &[usize]) -> String {
    let line = |(key, (name, unit, role, manager)): (&u8, &(u8, u8, u8, u8))| {
        let unit =
            "ABC".chars().take(usize::from(unit % 3) + 1).map(String::from).collect::<Vec<_>>().join(">");
        // Managers come before whom they manage, so that there is no circle; some are nowhere.
        let manager = if manager < key || *manager >= 35 { manager.to_string() } else { String::new() };
        format!("{key}|Name {name}|p{key}@example.com|{unit}|role {role}|{manager}\n")
    };
    let lines: Vec<String> = rows.iter().map(line).collect();
    let mut places: Vec<usize> = (0..lines.len()).collect();
    places.sort_by_key(|place| order.get(*place).copied().unwrap_or(*place));
    let heading = COLUMNS.join("|") + "\n";
    heading + &places.into_iter().map(|place| lines[place].clone()).collect::<String>()
}

/// What a state says in the words of the file, whichever ids there are.
fn said(state: &State) -> BTreeMap<String, [String; 5]> {
    let keys: HashMap<PersonId, &str> = state
        .people
        .iter()
        .map(|person| (person.id, person.profile.external_id.as_deref().unwrap()))
        .collect();
    let units: HashMap<UnitId, &str> =
        state.units.iter().map(|unit| (unit.id, unit.external_id.as_deref().unwrap())).collect();
    let says = |person: &Person| {
        let place = person.memberships.on(day(30));
        let manager = person.profile.manager.map(|manager| keys[&manager]).unwrap_or_default();
        [
            format!("{} {}", person.profile.display_name, person.profile.kind.word()),
            person.profile.email.clone(),
            place.map(|place| units[&place.unit]).unwrap_or_default().to_owned(),
            manager.to_owned(),
            state.pending.get(&person.id).cloned().unwrap_or_default(),
        ]
    };
    state.people.iter().map(|person| (person.profile.external_id.clone().unwrap(), says(person))).collect()
}

/// Takes a file as an import that runs for a while does: one look at all of it, then a few people at a time.
fn take_in_parts(content: &str, state: &State, at_once: usize, full: bool) -> (Plan, Report) {
    let mapping = mapping(COLUMNS);
    let mut faults = Faults::default();
    let headings = table::columns(Slow(content.as_bytes()), None, &mut faults).unwrap();
    let mut reader = Reader::new(&headings, &mapping).unwrap();
    let mut look = |_: &[String], row: table::Row, faults: &mut Faults| {
        reader.read(&row, faults);
        true
    };
    table::scan(Slow(content.as_bytes()), None, &headings, &mut faults, &mut look);
    assert!(faults.is_empty(), "{faults:?}");
    let mut people = Vec::new();
    let mut again = Reader::again(reader.columns.clone(), &mapping);
    let mut read = |_: &[String], row: table::Row, faults: &mut Faults| {
        people.extend(again.read(&row, faults));
        true
    };
    table::scan(Slow(content.as_bytes()), None, &headings, &mut faults, &mut read);

    let terms = Terms {
        source: "hr",
        effective: day(0),
        today: day(0),
        full,
        now: now(),
        dry_run: false,
        brake: Limits::default(),
    };
    let stored: Vec<(String, PersonId)> =
        state.people.iter().map(|person| (person.profile.external_id.clone().unwrap(), person.id)).collect();
    let bare = State { people: Vec::new(), ..state.clone() };
    let content = Content { columns: &reader.columns, units: &reader.units, lines: &reader.lines };
    let mut planner = Planner::new(content, &bare, &stored, &terms, IDS);
    planner.plan_structure();
    let known = |key: &str| state.people.iter().find(|one| one.profile.external_id.as_deref() == Some(key));
    let mut whole = std::mem::take(&mut planner.plan);
    for part in people.chunks(at_once) {
        for row in part {
            planner.plan_person(row, known(&row.external_id));
        }
        let Plan { units, roles, people, pending } = std::mem::take(&mut planner.plan);
        whole.units.extend(units);
        whole.roles.extend(roles);
        whole.people.extend(people);
        whole.pending.extend(pending);
    }
    if full {
        for person in state.people.iter().filter(|person| planner.is_missing(person)).collect::<Vec<_>>() {
            planner.plan_leaver(person);
        }
        whole.people.append(&mut planner.plan.people);
    }
    planner.check_managers();
    assert!(planner.faults.is_empty(), "{:?}", planner.faults);
    let report = planner.tally.report(reader.rows, false);
    (whole, report)
}

/// A source that gives three bytes at a time, so that everything is cut everywhere.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let length = into.len().min(3);
        self.0.read(&mut into[..length])
    }
}

proptest! {
    #[test]
    fn parts_and_any_order_say_what_the_whole_says(
        first in rows(),
        second in rows(),
        at_once in 1..7_usize,
        order in prop::collection::vec(0..100_usize, 0..25),
        full in any::<bool>(),
    ) {
        let (mut whole, mut parts) = (State::default(), State::default());
        for rows in [&first, &second] {
            let (plan, report) = take_as(&write(rows, &[]), &mapping(COLUMNS), &whole, day(0), full);
            if !report.faults.is_empty() {
                // The stored managers may close a circle with the new ones.
                prop_assert!(report.faults.iter().all(|fault| fault.problem.contains("circle")));
                return Ok(());
            }
            let (in_parts, of_parts) = take_in_parts(&write(rows, &order), &parts, at_once, full);
            prop_assert_eq!(counts(&report), counts(&of_parts));
            carry_out(&mut whole, plan);
            carry_out(&mut parts, in_parts);
            prop_assert_eq!(said(&whole), said(&parts));
        }
        let (plan, report) = take_in_parts(&write(&second, &order), &parts, at_once, full);
        prop_assert!(plan.people.is_empty() && plan.pending.is_empty() && report.changes.is_empty());
    }

    #[test]
    fn the_lines_that_differ_do_what_the_whole_file_does(first in rows(), second in rows()) {
        let mut stored = State::default();
        let (plan, report) = take(&write(&first, &[]), &mapping(COLUMNS), &stored, day(0));
        prop_assume!(report.faults.is_empty());
        carry_out(&mut stored, plan);
        // Everybody of the first is in the second, changed or not, so that nobody leaves.
        let mut all = first.clone();
        all.extend(second);
        let news: Rows = all.iter().filter(|(key, row)| first.get(key) != Some(row)).map(|(k, r)| (*k, *r)).collect();
        let (mut by_snapshot, mut by_delta) = (stored.clone(), stored);
        let (plan, report) = take_as(&write(&all, &[]), &mapping(COLUMNS), &by_snapshot, day(0), true);
        prop_assume!(report.faults.is_empty());
        carry_out(&mut by_snapshot, plan);
        if !news.is_empty() {
            let (plan, report) = take(&write(&news, &[]), &mapping(COLUMNS), &by_delta, day(0));
            prop_assert!(report.faults.is_empty());
            carry_out(&mut by_delta, plan);
        }
        // Whoever was waited for and comes is the manager of those in the file; others learn of it as they are written.
        let waits = |state: &State| {
            let keys: Vec<&str> =
                state.people.iter().filter_map(|person| person.profile.external_id.as_deref()).collect();
            state.pending.values().any(|key| keys.contains(&key.as_str()))
        };
        prop_assume!(!waits(&by_delta));
        prop_assert_eq!(said(&by_snapshot), said(&by_delta));
    }
}

#[test]
fn lines_and_columns_are_told_the_same_of_a_file_that_comes_in_bits() {
    for end in ["\n", "\r\n", "\r"] {
        let content = ["\u{feff}id;name", "1;\"two", "lines\"", "", "2;x;y", ";", "3;z", ""].join(end);
        let (mut lines, mut faults) = (Vec::new(), Faults::default());
        let mut take = |_: &[String], row: table::Row, _: &mut Faults| {
            lines.push(row.line);
            true
        };
        table::scan(Slow(content.as_bytes()), None, &[], &mut faults, &mut take);
        assert_eq!(lines, [2, 7], "{end:?}");
        assert_eq!(faults.take()[0].line, 5, "{end:?}");
    }
    let json = "{\n\"Report_Entry\": [\n{\"id\": \"1\"},\n\n{\"id\": \"2\",\n\"name\": \"x\"},\n{\"id\": }]}";
    let (mut rows, mut faults) = (Vec::new(), Faults::default());
    let mut take = |headings: &[String], row: table::Row, _: &mut Faults| {
        rows.push((row.line, headings.len()));
        true
    };
    assert!(table::scan(Slow(json.as_bytes()), None, &[], &mut faults, &mut take).is_none());
    assert_eq!(rows, [(3, 1), (5, 2)]);
    assert_eq!(faults.take()[0].line, 7);
}
