//! The sample exports, each read with nothing but the name of its profile.

use super::super::super::profile;
use super::*;

const WORKDAY: &str = include_str!("../../../../../../../docs/guides/hr-samples/workday.csv");
const WORKDAY_JSON: &str = include_str!("../../../../../../../docs/guides/hr-samples/workday.json");
const SUCCESSFACTORS: &str = include_str!("../../../../../../../docs/guides/hr-samples/successfactors.csv");
const SUCCESSFACTORS_JSON: &str =
    include_str!("../../../../../../../docs/guides/hr-samples/successfactors.json");
const BAMBOOHR: &str = include_str!("../../../../../../../docs/guides/hr-samples/bamboohr.csv");

fn profiled(name: &str) -> Mapping {
    Mapping { source: name.to_owned(), profile: profile::of_name(name), ..Mapping::default() }
}

fn taken(content: &str, name: &str) -> State {
    let mut state = State::default();
    let (plan, report) = take(content, &profiled(name), &state, day(0));
    assert_eq!(report.faults, []);
    carry_out(&mut state, plan);
    let (plan, report) = take(content, &profiled(name), &state, day(1));
    assert!(plan.people.is_empty() && plan.units.is_empty() && report.changes.is_empty(), "{report:?}");
    state
}

#[test]
fn workday_has_units_managers_and_people_on_leave() {
    let state = taken(WORKDAY, "workday");
    let (iris, saima) = (person(&state, "W1001"), person(&state, "W1003"));
    assert_eq!(iris.profile.attributes["location"], "Turku,\nHarbour");
    assert_eq!(saima.profile.employment, Some(Employment::LongLeave));
    assert_eq!(saima.profile.manager, Some(person(&state, "W1002").id));
    let place = unit(&state, "SUP-2").history.on(day(0)).unwrap().value;
    assert_eq!(
        (place.display_name.as_str(), place.parent),
        ("Customer Service", Some(unit(&state, "SUP-1").id))
    );
}

#[test]
fn the_web_service_of_workday_says_the_same_as_its_file() {
    let state = taken(WORKDAY, "workday");
    let (plan, report) = take(WORKDAY_JSON, &profiled("workday"), &state, day(1));
    assert_eq!((report.rows, report.faults.as_slice(), report.changes.as_slice()), (4, &[][..], &[][..]));
    assert!(plan.people.is_empty());
}

#[test]
fn successfactors_has_two_lines_of_headings_and_departments_of_one_name() {
    let state = taken(SUCCESSFACTORS, "successfactors");
    assert_eq!(state.people.len(), 4);
    assert_eq!(person(&state, "sf1").profile.manager, None);
    assert_eq!(person(&state, "sf2").profile.language.as_deref(), Some("fi-FI"));
    assert_eq!(person(&state, "sf4").profile.kind, PersonKind::Leaver);
    assert_ne!(unit(&state, "Service > Phone").id, unit(&state, "Industry > Phone").id);
    let (plan, report) = take(SUCCESSFACTORS_JSON, &profiled("successfactors"), &state, day(1));
    assert_eq!((report.faults.as_slice(), report.changes.as_slice()), (&[][..], &[][..]));
    assert!(plan.people.is_empty());
}

#[test]
fn a_day_in_milliseconds_begins_a_place() {
    let begins = "/Date(1772323200000)/";
    let content = SUCCESSFACTORS_JSON.replace("/Date(1579046400000)/", begins);
    let state = taken(&content, "successfactors");
    let first = person(&state, "sf2").memberships.first_day();
    assert_eq!(first, NaiveDate::from_ymd_opt(2026, 3, 1));
}

#[test]
fn bamboohr_has_numbers_and_days_that_are_none() {
    let state = taken(BAMBOOHR, "bamboohr");
    let saima = person(&state, "3");
    assert_eq!(
        (saima.profile.kind, saima.profile.manager),
        (PersonKind::Leaver, Some(person(&state, "1").id))
    );
    assert_eq!(saima.profile.attributes["employment_status"], "Terminated");
}

#[test]
fn a_mapping_goes_before_the_profile() {
    let mut mapping = profiled("bamboohr");
    mapping.columns.insert("Location".to_owned(), "unit_id".to_owned());
    let mut state = State::default();
    let (plan, report) = take(BAMBOOHR, &mapping, &state, day(0));
    assert_eq!(report.faults, []);
    carry_out(&mut state, plan);
    assert_eq!(unit(&state, "Oulu").history.on(day(0)).unwrap().value.display_name, "Oulu");
    assert!(!person(&state, "2").profile.attributes.contains_key("location"));
}

#[test]
fn any_separator_and_a_byte_order_mark_are_taken_with_a_profile() {
    let content = format!("\u{feff}{}", BAMBOOHR.replace(',', ";"));
    assert_eq!(taken(&content, "bamboohr").people.len(), 3);
}

#[test]
fn a_fault_in_json_is_told_by_the_line_and_the_key() {
    let content = WORKDAY_JSON.replace("2021-03-02", "2 March 2021");
    let (_, report) = take(&content, &profiled("workday"), &State::default(), day(0));
    let told: Vec<_> = report.faults.iter().map(|fault| (fault.line, fault.column.as_str())).collect();
    assert_eq!(told, [(5, "Hire_Date")]);
}

#[test]
fn json_that_is_cut_or_holds_no_entries_is_told() {
    let cut = &WORKDAY_JSON[..WORKDAY_JSON.find("W1003").unwrap()];
    for (content, line, problem) in [
        (cut, 5, "can't be read as JSON"),
        ("{\"Report_Entry\": [{\"a\": 1}", 1, "a comma or the end"),
        ("{\"Report_Entry\": [{\"a\": 1},", 1, "ends within"),
        ("{\"rows\": []}", 0, "no entries"),
        ("[1]", 1, "can't be read as JSON"),
        ("[{\"a\": 1} {\"a\": 2}]", 1, "a comma or the end"),
    ] {
        let (_, report) = take(content, &profiled("workday"), &State::default(), day(0));
        assert_eq!(report.fault_count, 1, "{content}");
        assert_eq!(report.faults[0].line, line, "{content}");
        assert!(report.faults[0].problem.contains(problem), "{}", report.faults[0].problem);
    }
}

proptest! {
    #[test]
    fn no_json_whatever_panics(content in "[\\[{][\\[\\]{}:,\"a-c0-9 ä\\n]{0,40}") {
        let _ = take(&content, &profiled("workday"), &State::default(), day(0));
    }
}
