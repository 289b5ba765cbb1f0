use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn said(minute: i64, state: State) -> Consent {
    Consent {
        person: PersonId::from_uuid(uuid::Uuid::from_u128(7)),
        purpose: Purpose::Survey,
        channel: Channel::Email,
        state,
        source: "test".to_owned(),
        time: DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minute),
        text_version: String::new(),
    }
}

#[test]
fn the_latest_holds_and_a_withdrawal_wins_a_tie() {
    use State::{Granted, Withdrawn};
    type Case = (&'static [(i64, State)], Option<State>);
    let table: [Case; 6] = [
        (&[], None),
        (&[(1, Granted)], Some(Granted)),
        (&[(1, Withdrawn), (2, Granted)], Some(Granted)),
        (&[(2, Withdrawn), (1, Granted)], Some(Withdrawn)),
        (&[(1, Withdrawn), (1, Granted)], Some(Withdrawn)),
        (&[(1, Granted), (1, Withdrawn)], Some(Withdrawn)),
    ];
    for (heard, expected) in table {
        let heard: Vec<_> = heard.iter().map(|(minute, state)| said(*minute, *state)).collect();
        assert_eq!(holding(&heard).map(|consent| consent.state), expected, "{heard:?}");
    }
}

#[test]
fn words_read_back() {
    for purpose in Purpose::ALL {
        assert_eq!(Purpose::of_word(purpose.word()), Some(purpose));
    }
    for channel in Channel::ALL {
        assert_eq!(Channel::of_word(channel.word()), Some(channel));
    }
    for state in [State::Granted, State::Withdrawn] {
        assert_eq!(State::of_word(state.word()), Some(state));
    }
}

fn history() -> impl Strategy<Value = Vec<Consent>> {
    // Few minutes, so that many fall together.
    let one = (0..5_i64, any::<bool>())
        .prop_map(|(minute, yes)| said(minute, if yes { State::Granted } else { State::Withdrawn }));
    proptest::collection::vec(one, 1..12)
}

proptest! {
    #[test]
    fn what_holds_does_not_depend_on_the_order_of_hearing(
        (heard, shuffled) in history().prop_flat_map(|heard| (Just(heard.clone()), Just(heard).prop_shuffle())),
    ) {
        let state = |of: &[Consent]| holding(of).map(|consent| (consent.time, consent.state));
        prop_assert_eq!(state(&heard), state(&shuffled));
    }

    #[test]
    fn nothing_that_was_said_as_late_contradicts_a_grant(heard in history()) {
        let holds = holding(&heard).unwrap();
        if holds.state == State::Granted {
            let no = |consent: &Consent| consent.state == State::Withdrawn && consent.time >= holds.time;
            prop_assert!(!heard.iter().any(no));
        }
    }
}
