use arki_ids::{QuestionnaireId, WaveId};
use arki_words::Words;
use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::questionnaire::VersionKey;
use crate::domain::wave::{Anonymity, Audience, Opening};

fn wave(audience: Audience, state: State) -> Wave {
    Wave {
        id: WaveId::random(),
        display_name: "Pulse".to_owned(),
        version: VersionKey { questionnaire: QuestionnaireId::random(), number: 1 },
        audience,
        units: Vec::new(),
        anonymity: Anonymity::Confidential,
        is_relational: false,
        state,
        opening: Some(Opening {
            time: DateTime::UNIX_EPOCH,
            day: NaiveDate::default(),
            time_zone: "UTC".to_owned(),
            default_language: "en".to_owned(),
            minimum_group: 5,
            invitations: 0,
        }),
        close_time: None,
        sender: Words::default(),
        results_day: None,
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        revision: 1,
    }
}

fn unit(number: u128) -> UnitId {
    UnitId::from_uuid(Uuid::from_u128(number))
}

/// A company (1) of two units: one of 12 people (2), one of 4 (3); and 2 people who belong nowhere.
fn roster() -> Vec<RosterUnit> {
    let row = |number, parent: Option<u128>, invited| RosterUnit {
        unit: Some(unit(number)),
        parent: parent.map(unit),
        invited,
    };
    let nowhere = RosterUnit { unit: None, parent: None, invited: 2 };
    vec![row(1, None, 0), row(2, Some(1), 12), row(3, Some(1), 4), nowhere]
}

fn answered() -> HashMap<Option<UnitId>, u64> {
    HashMap::from([(Some(unit(2)), 7), (Some(unit(3)), 4), (None, 1)])
}

fn shown(rates: &Rates) -> Vec<(UnitId, u64, f64)> {
    rates.units.iter().map(|(unit, rate)| (*unit, rate.invited, rate.percent.unwrap())).collect()
}

#[test]
fn while_employees_answer_only_large_groups_show_and_only_in_steps() {
    let rates = rates(&wave(Audience::Employees, State::Open), &roster(), &answered());
    // 12 of 18 is 66.7, 11 of 16 is 68.8, 7 of 12 is 58.3.
    assert_eq!(rates.total, Rate { invited: 18, percent: Some(65.0) });
    assert_eq!(shown(&rates), [(unit(1), 16, 70.0), (unit(2), 12, 60.0)]);
}

#[test]
fn once_closed_groups_of_the_smallest_size_show_exactly() {
    let rates = rates(&wave(Audience::Employees, State::Closed), &roster(), &answered());
    assert_eq!(shown(&rates), [(unit(1), 16, 68.75), (unit(2), 12, 100.0 * 7.0 / 12.0)]);
}

#[test]
fn of_customers_every_unit_shows() {
    let rates = rates(&wave(Audience::Customers, State::Open), &roster(), &answered());
    assert_eq!(shown(&rates).len(), 3);
    assert_eq!(rates.units[2].1, Rate { invited: 4, percent: Some(100.0) });
}

#[test]
fn nobody_invited_has_no_rate() {
    let rates = rates(&wave(Audience::Customers, State::Open), &[], &HashMap::new());
    assert_eq!(rates.total, Rate { invited: 0, percent: None });
}

proptest! {
    /// Whoever looks after each answer sees steps only, and never a group below twice the smallest one.
    #[test]
    fn watching_an_open_wave_shows_steps_only(invited in 0_u64..60, responses in 0_u64..60) {
        let roster = [RosterUnit { unit: Some(unit(1)), parent: None, invited }];
        let answered = HashMap::from([(Some(unit(1)), responses.min(invited))]);
        let rates = rates(&wave(Audience::Employees, State::Open), &roster, &answered);
        match rates.total.percent {
            Some(percent) => {
                prop_assert!(invited >= 10);
                prop_assert_eq!(percent % 5.0, 0.0);
                prop_assert!((0.0..=100.0).contains(&percent));
            }
            None => prop_assert!(invited < 10),
        }
        prop_assert_eq!(rates.units.is_empty(), rates.total.percent.is_none());
    }
}
