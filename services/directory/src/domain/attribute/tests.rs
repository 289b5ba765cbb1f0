use proptest::prelude::*;

use super::*;

fn now() -> DateTime<Utc> {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn define(key: &str, of: Type, terms: Terms) -> Definition {
    Definition::create(key.to_owned(), of, terms, now())
}

fn values(values: &[(&str, &str)]) -> BTreeMap<String, String> {
    values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn fields(refused: &[Refused]) -> Vec<&str> {
    refused.iter().map(|refused| refused.field.as_str()).collect()
}

#[test]
fn each_type_takes_its_own_values_alone() {
    let sites = Terms { allowed_values: vec!["Turku".to_owned(), "Oulu".to_owned()], ..Terms::default() };
    for (of, good, bad) in [
        (Type::String, vec!["", "anything"], vec![]),
        (Type::Number, vec!["0", "-12.5", "007"], vec!["", "1,5", "1e3", ".5", "5.", "+1", "-", "١"]),
        (Type::Boolean, vec!["true", "false"], vec!["", "True", "1", "yes"]),
        (Type::Date, vec!["2026-02-28"], vec!["2026-02-30", "28.2.2026", "2026-2-8", ""]),
        (Type::Choice, vec!["Turku", "Oulu"], vec!["turku", "", "Turku "]),
    ] {
        let terms = if of == Type::Choice { sites.clone() } else { Terms::default() };
        let schema: Schema = [define("site", of, terms)].into_iter().collect();
        for (value, fits) in good.iter().map(|good| (good, true)).chain(bad.iter().map(|bad| (bad, false))) {
            let refused = schema.check(Kind::Employee, None, &values(&[("site", value)]));
            assert_eq!(refused.is_empty(), fits, "{of:?} {value:?}: {refused:?}");
        }
    }
}

#[test]
fn without_any_definition_everything_is_taken_and_with_one_only_what_is_defined() {
    let free = values(&[("anything", "goes")]);
    assert_eq!(Schema::default().check(Kind::Customer, None, &free), []);
    let retired = Terms { is_retired: true, ..Terms::default() };
    let schema: Schema = [define("site", Type::String, retired)].into_iter().collect();
    let refused = schema.check(Kind::Customer, None, &values(&[("anything", "goes"), ("site", "Turku")]));
    assert_eq!(fields(&refused), ["attributes[\"anything\"]", "attributes[\"site\"]"]);
    assert!(refused[0].problem.contains("create an attribute definition"));
}

#[test]
fn what_is_stored_and_stays_is_not_asked_again() {
    let schema: Schema = [define("site", Type::Number, Terms::default())].into_iter().collect();
    let old = values(&[("site", "Turku"), ("free", "x")]);
    let before = Some((Kind::Employee, &old));
    assert_eq!(schema.check(Kind::Employee, before, &old), []);
    let changed = values(&[("site", "Turku"), ("free", "y")]);
    assert_eq!(fields(&schema.check(Kind::Employee, before, &changed)), ["attributes[\"free\"]"]);
}

#[test]
fn a_required_one_is_required_of_its_kinds_alone() {
    let terms = Terms { is_required: true, kinds: vec![Kind::Employee], ..Terms::default() };
    let schema: Schema = [define("site", Type::String, terms)].into_iter().collect();
    let none = values(&[]);
    assert_eq!(fields(&schema.check(Kind::Employee, None, &none)), ["attributes[\"site\"]"]);
    assert_eq!(schema.check(Kind::Customer, None, &none), []);
    // Somebody who becomes an employee needs it from then on.
    let before = Some((Kind::Candidate, &none));
    assert_eq!(schema.check(Kind::Employee, before, &none).len(), 1);
    let refused = schema.check(Kind::Customer, None, &values(&[("site", "Turku")]));
    assert_eq!(fields(&refused), ["attributes[\"site\"]"]);
}

#[test]
fn marks_and_values_that_do_not_go_together_are_refused() {
    let terms = Terms { is_segment: true, is_personal_data: true, ..Terms::default() };
    assert_eq!(fields(&define("a", Type::String, terms).check()), ["is_segment"]);
    assert_eq!(fields(&define("a", Type::Choice, Terms::default()).check()), ["allowed_values"]);
    let twice = Terms { allowed_values: vec!["x".to_owned(), "x".to_owned()], ..Terms::default() };
    assert_eq!(fields(&define("a", Type::Choice, twice.clone()).check()), ["allowed_values"]);
    assert_eq!(define("a", Type::Date, twice).check().len(), 2);
}

proptest! {
    /// What is taken once is taken again, and what is refused is refused for a key that was given or is required.
    #[test]
    fn a_person_who_fits_stays_fit(
        defined in proptest::collection::btree_map("[a-c]", (0_usize..4, any::<bool>(), any::<bool>()), 0..3),
        given in proptest::collection::btree_map("[a-d]", "(|1|true|x)", 0..4),
    ) {
        let schema: Schema = defined
            .iter()
            .map(|(key, (of, is_required, is_retired))| {
                let terms = Terms { is_required: *is_required, is_retired: *is_retired, ..Terms::default() };
                define(key, Type::ALL[*of], terms)
            })
            .collect();
        let refused = schema.check(Kind::Employee, None, &given);
        if refused.is_empty() {
            prop_assert_eq!(schema.check(Kind::Employee, Some((Kind::Employee, &given)), &given), []);
        }
        for refused in &refused {
            let key = refused.field.trim_start_matches("attributes[\"").trim_end_matches("\"]");
            prop_assert!(given.contains_key(key) || defined[key].1, "{refused}");
        }
        if defined.is_empty() {
            prop_assert_eq!(refused, []);
        }
    }
}
