use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hour)
}

fn contact(hour: i64, purpose: Purpose) -> Contact {
    Contact { time: at(hour), purpose, is_relational: false }
}

fn wanted(purpose: Purpose) -> Wanted {
    Wanted { contact: contact(0, purpose), is_critical: false, asks_leavers: false }
}

fn known(kind: Kind) -> Known<'static> {
    let employment = (kind == Kind::Employee).then_some(Employment::Active);
    Known { kind, employment, said: None, is_suppressed: false, contacts: &[] }
}

#[test]
fn employees_are_asked_until_they_object_customers_until_they_say_no_others_once_they_say_yes() {
    use State::{Granted, Withdrawn};
    let refused = |kind, said| {
        let rules = Rules::default();
        judge(&rules, &Known { said, ..known(kind) }, &wanted(Purpose::Survey)).err()
    };
    for (kind, said, expected) in [
        (Kind::Employee, None, None),
        (Kind::Employee, Some(Withdrawn), Some(Refusal::Withdrawn)),
        (Kind::Customer, None, None),
        (Kind::Customer, Some(Granted), None),
        (Kind::Customer, Some(Withdrawn), Some(Refusal::Withdrawn)),
        (Kind::Prospect, None, Some(Refusal::NoConsent)),
        (Kind::Prospect, Some(Granted), None),
        (Kind::Prospect, Some(Withdrawn), Some(Refusal::Withdrawn)),
        (Kind::FormerCustomer, None, Some(Refusal::NoConsent)),
        (Kind::Candidate, None, Some(Refusal::NoConsent)),
        (Kind::Leaver, Some(Granted), Some(Refusal::Left)),
    ] {
        assert_eq!(refused(kind, said), expected, "{kind:?} {said:?}");
    }
}

#[test]
fn who_left_or_is_away_is_not_contacted_whatever_it_is() {
    for (employment, expected) in
        [(Employment::Left, Refusal::Left), (Employment::LongLeave, Refusal::OnLeave)]
    {
        let away = Known { employment: Some(employment), ..known(Kind::Employee) };
        for is_critical in [false, true] {
            let wanted = Wanted { is_critical, ..wanted(Purpose::Communication) };
            assert_eq!(judge(&Rules::default(), &away, &wanted), Err(expected));
        }
    }
}

#[test]
fn who_left_is_asked_about_leaving_and_may_object_to_that_too() {
    let leaving = Wanted { asks_leavers: true, ..wanted(Purpose::Survey) };
    let leaver = Known { employment: Some(Employment::Left), ..known(Kind::Leaver) };
    assert_eq!(judge(&Rules::default(), &leaver, &leaving), Ok(()));
    let objects = Known { said: Some(State::Withdrawn), ..leaver };
    assert_eq!(judge(&Rules::default(), &objects, &leaving), Err(Refusal::Withdrawn));
}

#[test]
fn what_is_critical_passes_over_the_budget_and_never_over_a_no_that_the_law_protects() {
    let full: Vec<_> = (0..4).map(|hour| contact(hour, Purpose::Survey)).collect();
    let critical = Wanted { is_critical: true, ..wanted(Purpose::Communication) };
    let rules = Rules::default();
    let customer = Known { contacts: &full, ..known(Kind::Customer) };
    assert_eq!(judge(&rules, &customer, &wanted(Purpose::Communication)), Err(Refusal::OverBudget));
    assert_eq!(judge(&rules, &customer, &critical), Ok(()));
    let no = |kind| Known { said: Some(State::Withdrawn), ..known(kind) };
    assert_eq!(judge(&rules, &no(Kind::Customer), &critical), Err(Refusal::Withdrawn));
    assert_eq!(judge(&rules, &no(Kind::Employee), &critical), Ok(()));
    for kind in [Kind::Employee, Kind::Customer] {
        let bounced = Known { is_suppressed: true, ..known(kind) };
        assert_eq!(judge(&rules, &bounced, &critical), Err(Refusal::Suppressed));
    }
}

#[test]
fn a_survey_keeps_its_distance_to_surveys_and_none_to_messages() {
    let rules = Rules::default().customers;
    let survey = contact(0, Purpose::Survey);
    let relational = Contact { is_relational: true, ..survey };
    let days = 24;
    for (other, new, expected) in [
        (contact(-29 * days, Purpose::Survey), survey, true),
        (contact(29 * days, Purpose::Survey), survey, true),
        (contact(-30 * days, Purpose::Survey), survey, false),
        (contact(-days, Purpose::Communication), survey, false),
        (contact(-days, Purpose::Survey), contact(0, Purpose::Communication), false),
        (contact(-40 * days, Purpose::Survey), relational, false),
        (Contact { is_relational: true, ..contact(-40 * days, Purpose::Survey) }, survey, false),
        (Contact { is_relational: true, ..contact(-40 * days, Purpose::Survey) }, relational, true),
        (Contact { is_relational: true, ..contact(-90 * days, Purpose::Survey) }, relational, false),
    ] {
        assert_eq!(rules.is_quarantined(&[other], new), expected, "{other:?} {new:?}");
    }
}

#[test]
fn a_place_that_stays_is_not_counted_again_and_one_that_moves_is() {
    let rules = Rules::default();
    let full: Vec<_> = (0..4).map(|hour| contact(hour, Purpose::Communication)).collect();
    let beside = Known { contacts: &full, ..known(Kind::Customer) };
    let asked = wanted(Purpose::Communication);
    let stays = judge_again(&rules, &beside, Some(asked.contact), &asked);
    assert_eq!(stays, Ok(()));
    let from_elsewhere = Some(contact(24 * 60, Purpose::Communication));
    for before in [None, from_elsewhere] {
        assert_eq!(judge_again(&rules, &beside, before, &asked), Err(Refusal::OverBudget));
    }
    // What the person said since holds for both.
    let said_no = Known { said: Some(State::Withdrawn), ..beside };
    assert_eq!(judge_again(&rules, &said_no, Some(asked.contact), &asked), Err(Refusal::Withdrawn));
}

#[test]
fn the_law_leaves_no_choice_for_employees_and_for_marketing() {
    let rules = Rules::default();
    let consent = KindRules { survey: Basis::Consent, ..rules.employees };
    let refused = rules.change(Change { employees: Some(consent), ..Change::default() }, at(0));
    assert_eq!(refused.unwrap_err().field, "employees.survey_basis");
    let interest = KindRules { communication: Basis::LegitimateInterest, ..rules.prospects };
    let refused = rules.change(Change { prospects: Some(interest), ..Change::default() }, at(0));
    assert_eq!(refused.unwrap_err().field, "prospects.communication_basis");
    let asked = KindRules { survey: Basis::LegitimateInterest, ..rules.prospects };
    let changed = rules.change(Change { prospects: Some(asked), ..Change::default() }, at(0)).unwrap();
    assert_eq!((changed.revision, changed.update_time), (1, Some(at(0))));
    assert_eq!(changed.change(Change::default(), at(1)).unwrap(), changed);
}

/// The most contacts in any window of so many hours, found by looking at the window behind each contact.
fn most_in_a_window(times: &[i64], hours: i64) -> usize {
    times
        .iter()
        .map(|start| times.iter().filter(|time| (*start..start + hours).contains(*time)).count())
        .max()
        .unwrap_or_default()
}

proptest! {
    /// Whatever is asked for, in whatever order, with what is planned ahead: no window ever holds more than are allowed,
    /// and nothing is refused that would have fitted.
    #[test]
    fn no_window_ever_holds_more_than_are_allowed(
        asked in proptest::collection::vec(0..24 * 20_i64, 1..60),
        max_contacts in 1..5_u32,
        window_days in 1..8_u32,
    ) {
        let rules = KindRules { max_contacts, window_days, ..Rules::default().customers };
        let hours = i64::from(window_days) * 24;
        let mut kept: Vec<i64> = Vec::new();
        for hour in asked {
            let contacts: Vec<_> = kept.iter().map(|hour| contact(*hour, Purpose::Communication)).collect();
            let with: Vec<_> = kept.iter().copied().chain([hour]).collect();
            let fits = most_in_a_window(&with, hours) <= usize::try_from(max_contacts).unwrap();
            prop_assert_eq!(rules.has_room(&contacts, at(hour)), fits);
            if fits {
                kept.push(hour);
            }
        }
        prop_assert!(most_in_a_window(&kept, hours) <= usize::try_from(max_contacts).unwrap());
    }

    /// Whatever is reserved, moved, confirmed and given back: no window ever holds more than are allowed, no two surveys
    /// stand too near, and what is asked for again as it is costs nothing.
    #[test]
    fn places_that_move_keep_the_rules(
        steps in proptest::collection::vec(
            (0..8_u8, proptest::option::weighted(0.9, 0..24 * 20_i64), any::<bool>()),
            1..80,
        ),
        max_contacts in 1..5_u32,
        window_days in 1..8_u32,
        quarantine_days in 0..6_u32,
    ) {
        let customers = KindRules {
            max_contacts,
            window_days,
            quarantine_days,
            relational_quarantine_days: 0,
            ..Rules::default().customers
        };
        let rules = Rules { customers, ..Rules::default() };
        let purpose_of =
            |name: u8| if name.is_multiple_of(2) { Purpose::Survey } else { Purpose::Communication };
        // The hour of each place, and whether it was confirmed.
        let mut places: BTreeMap<u8, (i64, bool)> = BTreeMap::new();
        for (name, hour, confirm) in steps {
            let purpose = purpose_of(name);
            let Some(hour) = hour else {
                places.retain(|other, (_, is_confirmed)| *other != name || *is_confirmed);
                continue;
            };
            let own = places.get(&name).copied();
            let others: Vec<_> = places
                .iter()
                .filter(|(other, _)| **other != name)
                .map(|(other, (hour, _))| contact(*hour, purpose_of(*other)))
                .collect();
            let asked = Wanted { contact: contact(hour, purpose), ..wanted(purpose) };
            let beside = Known { contacts: &others, ..known(Kind::Customer) };
            let before = own.map(|(hour, _)| contact(hour, purpose));
            match judge_again(&rules, &beside, before, &asked) {
                Ok(()) => {
                    let is_confirmed = confirm || own.is_some_and(|(_, is_confirmed)| is_confirmed);
                    places.insert(name, (hour, is_confirmed));
                }
                Err(refusal) => {
                    prop_assert!(refusal.is_of_others());
                    prop_assert_ne!(own.map(|(hour, _)| hour), Some(hour));
                }
            }
            let hours: Vec<_> = places.values().map(|(hour, _)| *hour).collect();
            let most = most_in_a_window(&hours, i64::from(window_days) * 24);
            prop_assert!(most <= usize::try_from(max_contacts).unwrap(), "{:?}", places);
            let mut surveys: Vec<_> =
                places.iter().filter(|(name, _)| name.is_multiple_of(2)).map(|(_, (hour, _))| *hour).collect();
            surveys.sort_unstable();
            let apart = i64::from(quarantine_days) * 24;
            prop_assert!(surveys.windows(2).all(|pair| pair[1] - pair[0] >= apart), "{:?}", places);
        }
    }

    #[test]
    fn no_limit_is_no_limit(asked in proptest::collection::vec(0..100_i64, 0..40)) {
        let contacts: Vec<_> = asked.iter().map(|hour| contact(*hour, Purpose::Survey)).collect();
        prop_assert!(Rules::default().employees.has_room(&contacts, at(0)));
    }
}
