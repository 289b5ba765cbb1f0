use std::collections::BTreeMap;

use arki_ids::{AccountId, UnitId};
use proptest::prelude::*;

use super::super::person::{self, MANUAL};
use super::*;

fn day(offset: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + chrono::TimeDelta::days(offset)
}

fn now() -> DateTime<Utc> {
    day(0).and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn profile(kind: Kind, name: &str) -> Profile {
    Profile {
        kind,
        display_name: name.to_owned(),
        email: String::new(),
        language: None,
        time_zone: None,
        employment: None,
        manager: None,
        account: None,
        external_id: None,
        source: MANUAL.to_owned(),
        attributes: BTreeMap::new(),
    }
}

fn person(profile: Profile) -> Person {
    Person::create(PersonId::generate(), profile, now())
}

fn keyed(source: &str, external_id: &str) -> Profile {
    Profile {
        source: source.to_owned(),
        external_id: Some(external_id.to_owned()),
        ..profile(Kind::Employee, "Aino Esimerkki")
    }
}

#[test]
fn the_survivor_keeps_its_own_and_takes_what_it_lacks() {
    let account = AccountId::generate();
    let survivor = person(Profile {
        email: "aino@example.com".to_owned(),
        attributes: BTreeMap::from([("site".to_owned(), "Turku".to_owned())]),
        ..profile(Kind::Employee, "Aino Esimerkki")
    });
    let duplicate = person(Profile {
        email: "old@example.com".to_owned(),
        language: Some("fi".to_owned()),
        account: Some(account),
        manager: Some(survivor.id),
        attributes: BTreeMap::from(
            [("site", "Oulu"), ("shift", "day")].map(|(key, value)| (key.to_owned(), value.to_owned())),
        ),
        ..keyed("crm", "C-1")
    });
    let united = unite(&survivor, std::slice::from_ref(&duplicate), now());
    assert_eq!(united.profile.email, "aino@example.com");
    assert_eq!(united.profile.language.as_deref(), Some("fi"));
    assert_eq!(united.profile.account, Some(account));
    assert_eq!(united.profile.primary(), duplicate.profile.primary());
    // Nobody comes to manage themselves.
    assert_eq!(united.profile.manager, None);
    assert_eq!((&*united.profile.attributes["site"], &*united.profile.attributes["shift"]), ("Turku", "day"));
    assert_eq!(united.revision, 2);
    assert_eq!(unite(&united, &[duplicate], now()), united);
}

#[test]
fn an_employee_is_not_lost_in_a_customer() {
    let employee = person(profile(Kind::Employee, "Aino"));
    let customer = person(profile(Kind::Customer, "Aino"));
    assert_eq!(check(&employee, std::slice::from_ref(&customer)), Ok(()));
    assert_eq!(check(&customer, std::slice::from_ref(&employee)).unwrap_err().field, "duplicates");
    assert_eq!(check(&employee, &[customer, employee.clone()]).unwrap_err().field, "duplicates");
}

#[test]
fn namesakes_are_told_apart() {
    let plain = profile(Kind::Employee, "Aino Esimerkki");
    let with = |email: &str| Profile { email: email.to_owned(), ..plain.clone() };
    let shouted = Profile { display_name: " AINO  esimerkki".to_owned(), ..plain.clone() };
    for (one, other, expected) in [
        (plain.clone(), shouted, vec![Likeness::Name]),
        (plain.clone(), with("a@example.com"), vec![Likeness::Name]),
        (with("a@example.com"), with("b@example.com"), vec![]),
        (with("A@example.com"), with("a@EXAMPLE.com"), vec![Likeness::Email, Likeness::Name]),
        (keyed("hr", "1"), keyed("hr", "2"), vec![]),
        (keyed("hr", "1"), keyed("crm", "1"), vec![Likeness::ExternalId, Likeness::Name]),
        (keyed("hr", "1"), keyed("crm", "2"), vec![Likeness::Name]),
        (plain, profile(Kind::Employee, "Bo Exempel"), vec![]),
    ] {
        assert_eq!(likeness(&one, &other), expected, "{one:?} {other:?}");
        assert_eq!(likeness(&other, &one), expected);
    }
}

proptest! {
    #[test]
    fn on_each_day_the_own_place_counts_and_else_a_duplicates(
        own in proptest::collection::vec((0_i64..40, any::<bool>()), 0..5),
        others in proptest::collection::vec((0_i64..40, any::<bool>()), 0..5),
    ) {
        let build = |changes: &[(i64, bool)]| {
            let place = person::Place { unit: UnitId::generate(), role: None };
            let mut built = person(profile(Kind::Employee, "Aino"));
            for (at, is_there) in changes {
                let first = built.memberships.first_day().unwrap_or(NaiveDate::MIN);
                built.memberships.put(day(*at).max(first), is_there.then_some(place)).unwrap();
            }
            built
        };
        let (survivor, duplicate) = (build(&own), build(&others));
        let united = unite(&survivor, std::slice::from_ref(&duplicate), now());
        for at in -2..45 {
            let expected = survivor.memberships.on(day(at)).or(duplicate.memberships.on(day(at)));
            prop_assert_eq!(united.memberships.on(day(at)), expected);
        }
    }
}
