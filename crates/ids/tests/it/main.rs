#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;

use arki_ids::{EventId, GoalId, Id, InvitationId, Kind, ParseIdError, PersonId, kinds};
use proptest::prelude::*;
use uuid::Uuid;

proptest! {
    #[test]
    fn every_value_survives_the_trip_through_text_name_and_json(value: u128) {
        let id = GoalId::from_uuid(Uuid::from_u128(value));
        prop_assert_eq!(id.to_string().parse::<GoalId>().unwrap(), id);
        prop_assert_eq!(GoalId::from_name(&id.name()).unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        prop_assert_eq!(&json, &format!("\"{id}\""));
        prop_assert_eq!(serde_json::from_str::<GoalId>(&json).unwrap(), id);
        prop_assert_eq!(id.uuid().as_u128(), value);
    }

    #[test]
    fn text_sorts_as_the_value_does(a: u128, b: u128) {
        let (a, b) = (GoalId::from_uuid(Uuid::from_u128(a)), GoalId::from_uuid(Uuid::from_u128(b)));
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
    }

    #[test]
    fn a_text_is_either_refused_or_written_back_as_it_was(text in "(gol_)?[0-9a-zA-Z_/-]{0,30}") {
        if let Ok(id) = text.parse::<GoalId>() {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn no_text_whatever_panics(text: String) {
        let _: Result<GoalId, ParseIdError> = text.parse();
        let _: Result<GoalId, ParseIdError> = GoalId::from_name(&text);
    }
}

#[test]
fn generated_ids_sort_in_the_order_of_their_creation() {
    let ids: Vec<EventId> = (0..10_000).map(|_| EventId::generate()).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(ids.windows(2).all(|pair| pair[0].to_string() < pair[1].to_string()));
}

#[test]
fn random_ids_carry_no_time() {
    let ids: Vec<InvitationId> = (0..1_000).map(|_| InvitationId::random()).collect();
    assert!(ids.iter().all(|id| id.uuid().get_version_num() == 4 && id.uuid().get_timestamp().is_none()));
    assert!(ids.windows(2).any(|pair| pair[0] > pair[1]), "random ids came out sorted");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn the_form_is_prefix_underscore_and_26_characters() {
    let id = PersonId::from_uuid(Uuid::from_u128(0x1234_5678_u128));
    assert_eq!(id.to_string(), "per_00000000000000000000938nkr");
    assert_eq!(id.name(), "people/per_00000000000000000000938nkr");
    assert_eq!(format!("{id:?}"), id.to_string());
}

#[test]
fn an_id_of_another_kind_is_refused_and_the_error_names_the_form() {
    let goal = GoalId::generate();
    let refused = goal.to_string().parse::<PersonId>().unwrap_err().to_string();
    assert!(refused.contains(&goal.to_string()) && refused.contains("of the form per_"), "{refused}");
    let refused = PersonId::from_name(&goal.name()).unwrap_err().to_string();
    assert!(refused.contains("of the form people/per_"), "{refused}");
    for text in ["", "gol", "gol_", "gol-00000000000000000000000000", "goals/"] {
        assert!(text.parse::<GoalId>().is_err(), "{text:?}");
    }
    assert!(GoalId::from_name(&goal.to_string()).is_err());
    assert!(goal.name().parse::<GoalId>().is_err());
}

#[test]
fn an_error_quotes_only_the_beginning_of_a_long_text() {
    let refused = "x".repeat(1_000_000).parse::<GoalId>().unwrap_err().to_string();
    assert!(refused.len() < 300, "{}", refused.len());
}

#[test]
fn json_of_another_form_is_refused() {
    assert!(serde_json::from_str::<GoalId>("\"gol_x\"").is_err());
    assert!(serde_json::from_str::<GoalId>("7").is_err());
}

#[test]
fn no_two_kinds_share_a_prefix_or_a_collection() {
    let prefixes: BTreeSet<_> = kinds::ALL.iter().map(|(prefix, _)| prefix).collect();
    let collections: BTreeSet<_> = kinds::ALL.iter().map(|(_, collection)| collection).collect();
    assert_eq!(prefixes.len(), kinds::ALL.len());
    assert_eq!(collections.len(), kinds::ALL.len());
    assert!(prefixes.iter().all(|p| p.len() == 3 && p.bytes().all(|b| b.is_ascii_lowercase())));
}

#[test]
fn ids_are_sent_between_threads_whatever_their_kind() {
    struct Local(#[expect(dead_code, reason = "only its lack of Send matters")] *const ());
    impl Kind for Local {
        const PREFIX: &'static str = "loc";
        const COLLECTION: &'static str = "locals";
    }
    fn is_send<T: Send + Sync + Copy>(_: T) {}
    is_send(Id::<Local>::generate());
}
