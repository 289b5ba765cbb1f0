use super::*;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn now() -> DateTime<Utc> {
    day(0).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn person(kind: Kind) -> Person {
    let profile = Profile {
        kind,
        display_name: "Testi Henkilö".to_owned(),
        email: String::new(),
        language: None,
        time_zone: None,
        employment: None,
        manager: None,
        account: None,
        external_id: None,
        source: MANUAL.to_owned(),
        attributes: BTreeMap::new(),
    };
    Person::create(PersonId::generate(), profile, now())
}

fn place() -> Place {
    Place { unit: UnitId::generate(), role: None }
}

#[test]
fn only_those_who_work_or_buy_are_active() {
    for (kind, employment, active) in [
        (Kind::Employee, None, true),
        (Kind::Employee, Some(Employment::Active), true),
        (Kind::Employee, Some(Employment::LongLeave), false),
        (Kind::Employee, Some(Employment::Left), false),
        (Kind::Leaver, Some(Employment::Active), false),
        (Kind::Customer, None, true),
        (Kind::Prospect, None, false),
    ] {
        let change = Change { employment: Some(employment), ..Change::default() };
        let changed = person(kind).change(change, day(0), now()).unwrap();
        assert_eq!(changed.profile.is_active(), active, "{kind:?} {employment:?}");
    }
}

#[test]
fn employment_is_only_of_employees_and_leavers() {
    assert_eq!(person(Kind::Employee).profile.employment, Some(Employment::Active));
    assert_eq!(person(Kind::Leaver).profile.employment, Some(Employment::Left));
    let change = Change { employment: Some(Some(Employment::LongLeave)), ..Change::default() };
    assert_eq!(person(Kind::Customer).change(change, day(0), now()).unwrap().profile.employment, None);
}

#[test]
fn a_person_may_belong_nowhere_for_a_while() {
    let (before, after) = (place(), place());
    let mut memberships = Memberships::default();
    memberships.put(day(0), Some(before)).unwrap();
    memberships.put(day(10), None).unwrap();
    memberships.put(day(20), Some(after)).unwrap();
    assert_eq!(memberships.on(day(9)), Some(before));
    assert_eq!(memberships.on(day(15)), None);
    assert_eq!(memberships.on(day(25)), Some(after));
    let periods = memberships.periods();
    assert_eq!(periods.iter().map(|period| period.to).collect::<Vec<_>>(), [Some(day(10)), None]);
    assert_eq!(Memberships::from_periods(periods), Ok(memberships));
}

#[test]
fn a_place_before_the_first_one_is_a_conflict() {
    let mut memberships = Memberships::default();
    memberships.put(day(5), Some(place())).unwrap();
    assert!(memberships.put(day(4), Some(place())).is_err());
}

#[test]
fn a_new_unit_keeps_the_role_and_no_unit_drops_it() {
    let role = RoleId::generate();
    let (person, _) =
        person(Kind::Employee).assign(day(0), Some(Place { role: Some(role), ..place() }), now()).unwrap();
    let unit = UnitId::generate();
    let moved = person.change(Change { unit: Some(Some(unit)), ..Change::default() }, day(3), now()).unwrap();
    assert_eq!(moved.memberships.on(day(3)), Some(Place { unit, role: Some(role) }));
    assert_eq!(moved.revision, person.revision + 1);
    let gone = moved.change(Change { unit: Some(None), ..Change::default() }, day(5), now()).unwrap();
    assert_eq!(gone.memberships.on(day(5)), None);
    let refused = gone.change(Change { role: Some(Some(role)), ..Change::default() }, day(6), now());
    assert!(matches!(refused, Err(ChangeError::Refused(Refused { field, .. })) if field == "role"));
}

#[test]
fn attributes_have_bounds() {
    let attributes = BTreeMap::from([
        (String::new(), "x".to_owned()),
        ("k".repeat(65), "x".to_owned()),
        ("site".to_owned(), "x".repeat(501)),
        ("shift".to_owned(), "night".to_owned()),
    ]);
    assert_eq!(check_attributes(&attributes).len(), 3);
    let many = (0..51).map(|key| (key.to_string(), String::new())).collect();
    assert_eq!(check_attributes(&many)[0].field, "attributes");
}

#[test]
fn an_address_is_the_same_in_any_letter_case() {
    assert_eq!(email_key("Testi.Ääni@Example.FI"), email_key("testi.ääni@example.fi"));
    assert_eq!(email_key(" "), None);
}

#[test]
fn a_person_who_is_still_to_come_can_be_changed_before() {
    let (person, _) = person(Kind::Employee).assign(day(10), Some(place()), now()).unwrap();
    let change = Change {
        email: Some("uusi@example.com".to_owned()),
        unit: Some(None),
        role: Some(None),
        ..Change::default()
    };
    let changed = person.change(change, day(3), now()).unwrap();
    assert_eq!((changed.memberships, changed.revision), (person.memberships, person.revision + 1));
}
