use arki_ids::{QuestionnaireId, WaveId};
use arki_words::Words;
use chrono::{DateTime, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::domain::questionnaire::VersionKey;
use crate::domain::wave::{Anonymity, Audience, Opening, State};

fn wave(audience: Audience, invitations: u64) -> Wave {
    Wave {
        id: WaveId::random(),
        display_name: "Pulse".to_owned(),
        version: VersionKey { questionnaire: QuestionnaireId::random(), number: 1 },
        audience,
        units: Vec::new(),
        anonymity: Anonymity::Confidential,
        is_relational: false,
        state: State::Open,
        opening: Some(Opening {
            time: DateTime::UNIX_EPOCH,
            day: NaiveDate::default(),
            time_zone: "UTC".to_owned(),
            default_language: "en".to_owned(),
            minimum_group: 5,
            invitations,
        }),
        close_time: None,
        sender: Words::default(),
        results_day: None,
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        revision: 1,
    }
}

fn counts(withdrawn: u64, on_leave: u64) -> Ineligible {
    [("withdrawn", withdrawn), ("on_leave", on_leave)]
        .into_iter()
        .map(|(reason, people)| (reason.to_owned(), people))
        .collect()
}

#[test]
fn of_customers_every_reason_is_shown() {
    let found = shown(&wave(Audience::Customers, 1), counts(1, 2));
    assert_eq!(found, Shown { by_reason: counts(1, 2), total: Some(3) });
}

#[test]
fn a_draft_shows_nothing() {
    let draft = Wave { opening: None, ..wave(Audience::Customers, 0) };
    assert_eq!(shown(&draft, counts(1, 2)), Shown::default());
}

proptest! {
    #[test]
    fn of_employees_only_a_group_beside_a_group_is_counted(
        withdrawn in 0..8_u64,
        on_leave in 0..8_u64,
        invitations in 0..12_u64,
    ) {
        let found = shown(&wave(Audience::Employees, invitations), counts(withdrawn, on_leave));
        prop_assert!(found.by_reason.is_empty());
        let is_group = withdrawn + on_leave >= 5 && invitations >= 5;
        prop_assert_eq!(found.total, is_group.then_some(withdrawn + on_leave));
    }
}
