use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::super::crm::{Reason, State, Verdict};
use super::*;

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn at(hour: u32) -> DateTime<Utc> {
    day(6, 1).and_hms_opt(hour, 0, 0).unwrap().and_utc()
}

/// A ledger of one unit, NORTH, with so many employees on the first of May.
fn ledger(members: u64, figures: Vec<Figure>) -> (Ledger, UnitId) {
    let unit = figures.first().map_or_else(UnitId::generate, |figure| figure.key.unit);
    let terms = Terms {
        source: "hr".to_owned(),
        now: at(12),
        today: day(6, 1),
        least: 5,
        new_id: WorkforceFigureId::generate,
    };
    let units = Units { by_key: HashMap::from([("NORTH".to_owned(), unit)]), named: HashSet::from([unit]) };
    let members = HashMap::from([(day(5, 1), HashMap::from([(unit, members)]))]);
    (Ledger::new(terms, units, members, figures), unit)
}

fn reported(kind: Kind, count: f64, base: f64) -> Reported {
    Reported {
        unit_external_id: "NORTH".to_owned(),
        month: Some(day(5, 1)),
        kind: Some(kind),
        count: Some(count),
        base: Some(base),
        ..Reported::default()
    }
}

fn fault(verdict: &Verdict) -> Option<(Reason, &str)> {
    verdict.fault.as_ref().map(|fault| (fault.reason, fault.field.as_str()))
}

#[test]
fn numbers_are_in_their_range_and_whole_where_their_kind_is() {
    let read = |kind, count, base| Numbers::read(kind, Some(count), Some(base)).map_err(|error| error.field);
    let bad = |field: &str| Err(field.to_owned());
    for (kind, count, base, expected) in [
        (Kind::Leavers, 2.0, 20.5, Ok(())),
        (Kind::Leavers, 0.0, 20.5, Ok(())),
        (Kind::Leavers, 21.0, 20.5, bad("count")),
        (Kind::Leavers, 1.5, 20.0, bad("count")),
        (Kind::NewHires, 30.0, 20.0, Ok(())),
        (Kind::AbsenceDays, 12.5, 400.0, Ok(())),
        (Kind::AbsenceDays, 400.5, 400.0, bad("count")),
        (Kind::Applicants, 120.0, 2.0, Ok(())),
        (Kind::Applicants, 120.0, 2.5, bad("base")),
        (Kind::OffersAccepted, 3.0, 4.0, Ok(())),
        (Kind::OffersAccepted, 5.0, 4.0, bad("count")),
        (Kind::Applicants, -1.0, 2.0, bad("count")),
        (Kind::Applicants, f64::NAN, 2.0, bad("count")),
        (Kind::Applicants, f64::INFINITY, 2.0, bad("count")),
        (Kind::Applicants, 1.0, 0.0, bad("base")),
        (Kind::Applicants, 1.0, -1.0, bad("base")),
        (Kind::Applicants, 1.0, f64::NAN, bad("base")),
        (Kind::Applicants, 1.0, MOST * 2.0, bad("base")),
    ] {
        assert_eq!(read(kind, count, base).map(|_| ()), expected, "{kind:?} {count} of {base}");
    }
    assert_eq!(Numbers::read(Kind::Leavers, None, Some(5.0)).unwrap_err().field, "count");
    assert_eq!(Numbers::read(Kind::Leavers, Some(1.0), None).unwrap_err().field, "base");
    let none = Numbers::read(Kind::Leavers, Some(-0.0), Some(5.0)).unwrap();
    assert!(none.count.is_sign_positive());
}

#[test]
fn words_lead_back_to_their_kinds() {
    for kind in Kind::ALL {
        assert_eq!(Kind::of_word(kind.word()), Some(kind));
    }
    assert_eq!(Kind::of_word("sick_days"), None);
}

#[test]
fn a_month_is_its_first_day() {
    assert_eq!(month("month", day(5, 1)), Ok(day(5, 1)));
    assert_eq!(month("from_month", day(5, 31)).unwrap_err().field, "from_month");
}

#[test]
fn a_small_group_of_employees_is_refused_and_applicants_are_none() {
    let (mut four, _) = ledger(4, Vec::new());
    for (reported, expected) in [
        (reported(Kind::Leavers, 1.0, 4.9), Some((Reason::GroupTooSmall, "base"))),
        (reported(Kind::Leavers, 1.0, 5.0), None),
        (reported(Kind::NewHires, 0.0, 4.0), Some((Reason::GroupTooSmall, "base"))),
        // The days are many, the people are not.
        (reported(Kind::AbsenceDays, 3.0, 84.0), Some((Reason::GroupTooSmall, "unit"))),
        (reported(Kind::Applicants, 1.0, 1.0), None),
        (reported(Kind::OffersAccepted, 1.0, 1.0), None),
    ] {
        assert_eq!(fault(&four.take(&reported)), expected, "{reported:?}");
    }
    assert_eq!(four.changed().written.len(), 3, "what is refused is not written");
    let (mut five, _) = ledger(5, Vec::new());
    assert_eq!(five.take(&reported(Kind::AbsenceDays, 3.0, 84.0)).state, State::Created);
    let april = Reported { month: Some(day(4, 1)), ..reported(Kind::AbsenceDays, 3.0, 84.0) };
    assert_eq!(
        fault(&five.take(&april)),
        Some((Reason::GroupTooSmall, "unit")),
        "nobody is known to be there"
    );
}

#[test]
fn an_item_names_one_unit_a_month_that_has_begun_and_a_kind() {
    let (mut ledger, unit) = ledger(9, Vec::new());
    let good = reported(Kind::Applicants, 7.0, 2.0);
    let invalid = |field| Some((Reason::InvalidFields, field));
    let name = unit.name();
    for (reported, expected) in [
        (Reported { unit: name.clone(), unit_external_id: String::new(), ..good.clone() }, None),
        (Reported { unit: name, ..good.clone() }, invalid("unit")),
        (Reported { unit_external_id: String::new(), ..good.clone() }, invalid("unit")),
        (
            Reported { unit: "units/17".to_owned(), unit_external_id: String::new(), ..good.clone() },
            invalid("unit"),
        ),
        (
            Reported { unit: UnitId::generate().name(), unit_external_id: String::new(), ..good.clone() },
            Some((Reason::UnitNotFound, "unit")),
        ),
        (
            Reported { unit_external_id: "SOUTH".to_owned(), ..good.clone() },
            Some((Reason::UnitNotFound, "unit_external_id")),
        ),
        (Reported { kind: None, ..good.clone() }, invalid("kind")),
        (Reported { month: None, ..good.clone() }, invalid("month")),
        (Reported { month: Some(day(5, 2)), ..good.clone() }, invalid("month")),
        (Reported { month: Some(day(7, 1)), ..good.clone() }, invalid("month")),
        (Reported { month: Some(day(6, 1)), ..good }, None),
    ] {
        assert_eq!(fault(&ledger.take(&reported)), expected, "{reported:?}");
    }
    let odd = Reported { unit_external_id: "NO\0RTH".to_owned(), ..Reported::default() };
    assert_eq!(ledger.take(&odd).external_id, "NORTH", "no database keeps the other character");
    let long = Reported { unit_external_id: "x".repeat(1_000), ..Reported::default() };
    assert_eq!(ledger.take(&long).external_id.len(), 200);
}

#[test]
fn what_is_older_is_stale_and_what_is_the_same_keeps_its_revision() {
    let told = |hour, count| Reported { source_time: Some(at(hour)), ..reported(Kind::Leavers, count, 20.0) };
    let (mut first, _) = ledger(20, Vec::new());
    let states = [told(3, 2.0), told(2, 9.0), told(3, 2.0), told(5, 2.0), told(4, 9.0)]
        .map(|reported| first.take(&reported).state);
    use State::{Created, Stale, Unchanged, Updated};
    assert_eq!(states, [Created, Stale, Unchanged, Unchanged, Stale]);
    let Changed { written, told: heard } = first.changed();
    assert_eq!(written, heard);
    assert_eq!((written[0].revision, written[0].source_time), (1, Some(at(5))));

    // A newer time of the same numbers is remembered, and nobody hears of it.
    let (mut later, _) = ledger(20, written.clone());
    assert_eq!(later.take(&told(7, 2.0)).state, Unchanged);
    assert_eq!(later.take(&told(6, 3.0)).state, Stale);
    let Changed { written: remembered, told: heard } = later.changed();
    assert_eq!((remembered[0].source_time, heard), (Some(at(7)), Vec::new()));

    // Without a time the order is as the items come, and the newest time stays.
    let (mut last, _) = ledger(20, written);
    assert_eq!(last.take(&reported(Kind::Leavers, 4.0, 20.0)).state, Updated);
    assert_eq!(last.take(&told(4, 9.0)).state, Stale);
    let Changed { written, told: heard } = last.changed();
    assert_eq!((written[0].revision, written[0].source_time, heard.len()), (2, Some(at(5)), 1));
}

proptest! {
    #[test]
    fn a_share_is_between_none_and_all(
        kind in proptest::sample::select(vec![Kind::Leavers, Kind::AbsenceDays, Kind::OffersAccepted]),
        count in 0_u32..2_000,
        base in 0_u32..2_000,
    ) {
        let (count, base) = (f64::from(count), f64::from(base));
        match Numbers::read(kind, Some(count), Some(base)) {
            Ok(numbers) => prop_assert!((0.0..=1.0).contains(&numbers.rate())),
            Err(_) => prop_assert!(base == 0.0 || count > base),
        }
    }

    #[test]
    fn the_newest_stays_in_whichever_order_it_is_told(
        order in Just((0_u32..6).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let (mut ledger, _) = ledger(20, Vec::new());
        for hour in order {
            ledger.take(&Reported {
                source_time: Some(at(hour)),
                ..reported(Kind::Leavers, f64::from(hour), 20.0)
            });
        }
        let figures = ledger.changed().written;
        prop_assert_eq!(figures.len(), 1);
        prop_assert_eq!(figures[0].numbers, Numbers { count: 5.0, base: 20.0 });
    }

    #[test]
    fn no_figure_of_employees_is_below_the_floor(
        kind in proptest::sample::select(Kind::ALL.to_vec()),
        count in 0_u32..12,
        base in 0_u32..12,
        members in 0_u64..12,
    ) {
        let (mut ledger, _) = ledger(members, Vec::new());
        ledger.take(&reported(kind, f64::from(count), f64::from(base)));
        for figure in ledger.changed().written {
            match kind.group() {
                Some(Group::Base) => prop_assert!(figure.numbers.base >= 5.0),
                Some(Group::Members) => prop_assert!(members >= 5),
                None => {}
            }
        }
    }
}
