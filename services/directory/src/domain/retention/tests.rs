use proptest::prelude::*;

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn months_are_those_of_the_calendar() {
    for (now, months, expected) in [
        ("2026-11-28T10:00:00Z", 24, "2024-11-28T10:00:00Z"),
        ("2026-03-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"),
        ("2024-03-31T10:00:00Z", 1, "2024-02-29T10:00:00Z"),
        ("2024-02-29T10:00:00Z", 12, "2023-02-28T10:00:00Z"),
        ("2026-01-15T00:00:00Z", 2, "2025-11-15T00:00:00Z"),
    ] {
        assert_eq!(months_before(at(now), months), at(expected), "{months} before {now}");
    }
}

#[test]
fn what_is_not_said_is_the_default_and_a_change_of_nothing_is_none() {
    let now = at("2026-11-28T10:00:00Z");
    let policy = Policy::default();
    assert_eq!(policy.change(Change { link_days: Some(0), ..Change::default() }, now).unwrap(), policy);
    let shorter = policy.change(Change { link_days: Some(1), ..Change::default() }, now).unwrap();
    assert_eq!((shorter.link_days, shorter.revision, shorter.update_time), (1, 1, Some(now)));
    assert_eq!(shorter.answer_months, policy.answer_months);
    let back = shorter.change(Change { link_days: Some(0), ..Change::default() }, now).unwrap();
    assert_eq!((back.link_days, back.revision), (30, 2));
}

#[test]
fn what_does_not_fit_is_named() {
    let now = at("2026-11-28T10:00:00Z");
    let policy = Policy::default();
    for (change, field) in [
        (Change { comment_months: Some(25), ..Change::default() }, "comment_months"),
        (Change { answer_months: Some(6), ..Change::default() }, "comment_months"),
        (Change { contact_months: Some(5), ..Change::default() }, "contact_months"),
    ] {
        assert_eq!(policy.change(change, now).unwrap_err().field, field, "{change:?}");
    }
    let both = Change { answer_months: Some(6), comment_months: Some(6), ..Change::default() };
    assert_eq!(policy.change(both, now).unwrap().comment_months, 6);
}

#[test]
fn the_ledger_is_kept_for_whoever_looks_at_it_longest() {
    let now = at("2026-11-28T10:00:00Z");
    assert_eq!(ledger_cutoff(months_before(now, 6), now), at("2024-11-28T10:00:00Z"));
    assert_eq!(ledger_cutoff(months_before(now, 120), now), at("2016-11-28T10:00:00Z"));
}

#[test]
fn only_people_without_a_relation_go_by_time() {
    let past: Vec<_> = Kind::ALL.into_iter().filter(|kind| is_past(*kind, None)).collect();
    assert_eq!(past, [Kind::Prospect, Kind::FormerCustomer, Kind::Candidate, Kind::Leaver]);
    assert!(is_past(Kind::Employee, Some(Employment::Left)));
    assert!(!is_past(Kind::Employee, Some(Employment::LongLeave)));
}

proptest! {
    #[test]
    fn nothing_newer_than_what_was_said_goes(
        seconds in 0_i64..4_000_000_000,
        days in 1_u32..=365,
        answers in 1_u32..=120,
        contacts in 6_u32..=120,
    ) {
        let now = DateTime::from_timestamp(seconds, 0).unwrap();
        let change = Change {
            link_days: Some(days),
            answer_months: Some(answers),
            comment_months: Some(answers),
            contact_months: Some(contacts),
            delivery_months: Some(answers),
        };
        let cutoffs = Policy::default().change(change, now).unwrap().cutoffs(now);
        prop_assert_eq!(cutoffs.link_time, now - TimeDelta::days(days.into()));
        // The shortest twelve months have 365 days, the shortest single one 28.
        prop_assert!(now - cutoffs.answer_time >= TimeDelta::days(i64::from(answers) * 28));
        prop_assert!(now - cutoffs.answer_time <= TimeDelta::days(i64::from(answers) * 31));
        prop_assert_eq!(cutoffs.answer_time, cutoffs.comment_time);
        prop_assert!(cutoffs.contact_time < now - TimeDelta::days(150));
        prop_assert!(cutoffs.answer_time.time() == now.time());
        // A later purge never keeps what an earlier one would have let go.
        let later = now + TimeDelta::days(1);
        let policy = Policy { answer_months: answers, ..Policy::default() };
        prop_assert!(policy.cutoffs(later).answer_time >= policy.cutoffs(now).answer_time);
    }
}
