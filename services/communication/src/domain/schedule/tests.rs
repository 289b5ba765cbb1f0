use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::super::{earliest, instant, zone};
use super::*;

fn schedule(start: &str, rrule: &str) -> Schedule {
    Schedule::parse(start, rrule, "schedule").unwrap_or_else(|wrong| panic!("{start} {rrule}: {wrong:?}"))
}

fn first(start: &str, rrule: &str, count: usize) -> Vec<String> {
    schedule(start, rrule).occurrences().take(count).map(|time| time.to_string()).collect()
}

fn days(start: &str, rrule: &str, count: usize) -> Vec<String> {
    first(start, rrule, count).iter().map(|time| time[..10].to_owned()).collect()
}

fn instants(start: &str, rrule: &str, name: &str) -> Vec<String> {
    let zone = zone(name).unwrap();
    let times = schedule(start, rrule).occurrences().map(|time| instant(time, zone)).collect::<Vec<_>>();
    times.iter().map(|time| time.format("%m-%dT%H:%MZ").to_string()).collect()
}

#[test]
fn once_is_once() {
    assert_eq!(first("2026-11-23T09:00", "", 5), ["2026-11-23T09:00:00"]);
    assert_eq!(first("2026-11-23T09:00:30", "", 5), ["2026-11-23T09:00:30"]);
}

#[test]
fn rules_come_to_the_days_that_rfc_5545_says() {
    let table: &[(&str, &str, &[&str])] = &[
        ("2026-11-23T09:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=3", &["2026-11-23", "2026-11-30", "2026-12-07"]),
        // The start itself counts only where the rule says so.
        ("2026-11-24T09:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=2", &["2026-11-30", "2026-12-07"]),
        ("2026-11-24T09:00", "freq=daily;interval=2;count=3", &["2026-11-24", "2026-11-26", "2026-11-28"]),
        // A month without a 31st is passed over, and its last day is asked for as -1.
        (
            "2027-01-31T09:00",
            "FREQ=MONTHLY;COUNT=4",
            &["2027-01-31", "2027-03-31", "2027-05-31", "2027-07-31"],
        ),
        (
            "2027-01-31T09:00",
            "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4",
            &["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"],
        ),
        ("2028-02-29T09:00", "FREQ=YEARLY;COUNT=3", &["2028-02-29", "2032-02-29", "2036-02-29"]),
        ("2026-11-01T09:00", "FREQ=MONTHLY;BYDAY=1MO;COUNT=3", &["2026-11-02", "2026-12-07", "2027-01-04"]),
        ("2026-11-01T09:00", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", &["2026-11-27", "2026-12-25"]),
        // The last working day of each month.
        (
            "2026-10-01T09:00",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
            &["2026-10-30", "2026-11-30", "2026-12-31"],
        ),
        // Friday the 13th.
        (
            "2026-01-01T09:00",
            "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3",
            &["2026-02-13", "2026-03-13", "2026-11-13"],
        ),
        // The start of the week decides which weeks every second one means.
        (
            "2027-08-03T09:00",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            &["2027-08-03", "2027-08-08", "2027-08-17", "2027-08-22"],
        ),
        (
            "2027-08-03T09:00",
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            &["2027-08-03", "2027-08-15", "2027-08-17", "2027-08-29"],
        ),
        ("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125", &["2026-11-23", "2026-11-24", "2026-11-25"]),
        ("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125T085959", &["2026-11-23", "2026-11-24"]),
        ("2026-11-23T09:00", "FREQ=DAILY;UNTIL=20261125T090000", &["2026-11-23", "2026-11-24", "2026-11-25"]),
        ("2026-01-01T09:00", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=2", &["2026-05-11", "2027-05-17"]),
        (
            "2026-01-01T09:00",
            "FREQ=YEARLY;BYYEARDAY=1,-1;COUNT=3",
            &["2026-01-01", "2026-12-31", "2027-01-01"],
        ),
    ];
    for (start, rrule, expected) in table {
        assert_eq!(days(start, rrule, 20), *expected, "{start} {rrule}");
    }
}

#[test]
fn nine_o_clock_stays_nine_o_clock_over_the_clock_changes() {
    let weekly = "FREQ=WEEKLY;COUNT=3";
    assert_eq!(
        instants("2027-03-22T09:00", weekly, "Europe/Helsinki"),
        ["03-22T07:00Z", "03-29T06:00Z", "04-05T06:00Z"]
    );
    assert_eq!(
        instants("2026-10-19T09:00", weekly, "Europe/Helsinki"),
        ["10-19T06:00Z", "10-26T07:00Z", "11-02T07:00Z"]
    );
    assert_eq!(
        instants("2027-03-08T09:00", weekly, "America/New_York"),
        ["03-08T14:00Z", "03-15T13:00Z", "03-22T13:00Z"]
    );
    assert_eq!(
        instants("2027-03-22T09:00", weekly, "Asia/Tokyo"),
        ["03-22T00:00Z", "03-29T00:00Z", "04-05T00:00Z"]
    );
    assert_eq!(
        instants("2027-03-22T09:00", weekly, "Pacific/Kiritimati"),
        ["03-21T19:00Z", "03-28T19:00Z", "04-04T19:00Z"]
    );
}

#[test]
fn the_hour_that_is_skipped_and_the_hour_that_comes_twice_come_once() {
    let daily = "FREQ=DAILY;COUNT=3";
    assert_eq!(
        instants("2027-03-27T03:30", daily, "Europe/Helsinki"),
        ["03-27T01:30Z", "03-28T01:30Z", "03-29T00:30Z"]
    );
    assert_eq!(
        instants("2026-10-24T03:30", daily, "Europe/Helsinki"),
        ["10-24T00:30Z", "10-25T00:30Z", "10-26T01:30Z"]
    );
    assert_eq!(
        instants("2026-10-31T01:30", daily, "America/New_York"),
        ["10-31T05:30Z", "11-01T05:30Z", "11-02T06:30Z"]
    );
}

#[test]
fn what_a_schedule_does_not_do_is_refused_by_name() {
    let table = [
        ("FREQ=HOURLY", "FREQ=HOURLY"),
        ("FREQ=SECONDLY;COUNT=5", "FREQ=SECONDLY"),
        ("FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY"),
        ("BYDAY=MO", "FREQ is missing"),
        ("FREQ=DAILY;BYHOUR=9,15", "BYHOUR"),
        ("FREQ=DAILY;RSCALE=GREGORIAN", "RSCALE"),
        ("FREQ=DAILY;BYEASTER=0", "BYEASTER"),
        ("FREQ=DAILY;X-COLOUR=RED", "X-COLOUR"),
        ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
        ("FREQ=DAILY;COUNT=1001", "COUNT"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "exclude"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;UNTIL=20270101T000000Z", "UTC"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL"),
        ("FREQ=DAILY;UNTIL=20260101", "before local_start"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=MON", "BYDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=20", "BYWEEKNO"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS"),
        ("FREQ=DAILY;WKST=XX", "WKST"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never occurs"),
        ("FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31", "never occurs"),
        ("RRULE:FREQ=DAILY", "RRULE:FREQ"),
        ("FREQ=DAILY;", "NAME=VALUE"),
        ("FREQ", "NAME=VALUE"),
        ("FREQ=DAILY;BYMONTHDAY=1,,2", "BYMONTHDAY"),
        ("täglich", "NAME=VALUE"),
        ("FREQ=MONTHLY;BYDAY=ä", "BYDAY"),
    ];
    for (rrule, told) in table {
        let wrong = Schedule::parse("2026-11-23T09:00", rrule, "campaign.schedule").unwrap_err();
        assert_eq!(wrong[0].field, "campaign.schedule.rrule", "{rrule}");
        assert!(wrong[0].description.contains(told), "{rrule}: {:?}", wrong[0].description);
    }
}

#[test]
fn a_start_that_is_no_local_time_is_refused() {
    for start in
        ["2026-02-29T09:00", "2026-11-23", "2026-11-23T24:00", "2026-11-23T09:00Z", "1999-12-31T09:00", ""]
    {
        let wrong = Schedule::parse(start, "", "schedule").unwrap_err();
        assert_eq!(wrong[0].field, "schedule.local_start", "{start}");
    }
}

#[test]
fn a_rule_without_an_end_has_one_for_those_who_count() {
    let last = schedule("2026-11-23T09:00", "FREQ=YEARLY").occurrences().last().unwrap();
    assert_eq!(last.to_string(), "2199-11-23T09:00:00");
}

fn rules() -> impl Strategy<Value = String> {
    let freq = prop::sample::select(vec![
        "FREQ=DAILY",
        "FREQ=DAILY;BYDAY=MO,WE,FR",
        "FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=TU,SU",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=MONTHLY;BYDAY=2TU",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
        "FREQ=YEARLY;BYMONTH=2,10;BYMONTHDAY=1",
        "FREQ=YEARLY;BYYEARDAY=60,300",
    ]);
    (freq, 1..5_u32, 1..40_u32)
        .prop_map(|(freq, interval, count)| format!("{freq};INTERVAL={interval};COUNT={count}"))
}

fn starts() -> impl Strategy<Value = LocalTime> {
    (0..12_000_i64, 0..86_400_i64).prop_map(|(day, second)| {
        let midnight = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        LocalTime::new(midnight + TimeDelta::days(day) + TimeDelta::seconds(second))
    })
}

fn zones() -> impl Strategy<Value = chrono_tz::Tz> {
    prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn instants_strictly_increase_in_every_zone(start in starts(), rrule in rules(), zone in zones()) {
        let schedule = schedule(&start.to_string(), &rrule);
        let times: Vec<_> = schedule.occurrences().map(|time| instant(time, zone)).collect();
        prop_assert!(times.is_sorted_by(|a, b| a < b), "{:?}", times);
    }

    #[test]
    fn occurrences_are_as_many_as_the_rule_says_and_keep_the_time_of_day(start in starts(), rrule in rules()) {
        let schedule = schedule(&start.to_string(), &rrule);
        let count: usize = rrule.rsplit('=').next().unwrap().parse().unwrap();
        let times: Vec<_> = schedule.occurrences().collect();
        prop_assert_eq!(times.len(), count);
        prop_assert!(times.iter().all(|time| time.naive().time() == start.naive().time() && *time >= start));
    }

    #[test]
    fn what_comes_does_not_depend_on_when_it_is_asked(start in starts(), rrule in rules(), asked in 0..60_usize) {
        let schedule = schedule(&start.to_string(), &rrule);
        let all: Vec<_> = schedule.occurrences().collect();
        let asked = all[asked.min(all.len() - 1)];
        let after: Vec<_> = schedule.after(Some(asked)).collect();
        prop_assert_eq!(&after, &all.iter().copied().filter(|time| *time > asked).collect::<Vec<_>>());
        prop_assert!(schedule.contains(asked));
        prop_assert!(!schedule.contains(LocalTime::new(asked.naive() + TimeDelta::seconds(1))));
    }

    #[test]
    fn keys_sort_as_their_instants_do(one in starts(), other in starts()) {
        prop_assert_eq!(one.cmp(&other), one.to_string().cmp(&other.to_string()));
        prop_assert_eq!(one.cmp(&other), earliest(one).cmp(&earliest(other)));
        prop_assert_eq!(one.to_string().parse::<LocalTime>().unwrap(), one);
    }

    #[test]
    fn no_text_whatever_makes_parsing_panic(start in ".{0,20}", rrule in "(FREQ=(DAILY|MONTHLY);)?[A-Z=;,0-9+-]{0,40}") {
        let _ = Schedule::parse(&start, &rrule, "schedule");
        let _ = Schedule::parse("2026-11-23T09:00", &rrule, "schedule");
    }
}
