//! What leaves Arki, held against the contract.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;

use arki_events::Payload;
use arki_proto::event::v1 as event;
use arki_webhooks::{Catalogue, Event, Pattern};
use serde_json::{Value, json};

#[test]
fn every_event_of_the_bus_has_decided_whether_it_leaves() {
    let decided: BTreeSet<_> = Catalogue::get().decided().collect();
    let told: BTreeSet<_> = arki_events::SUBJECTS.iter().copied().collect();
    assert_eq!(
        decided, told,
        "each message that is told on the bus carries option (arki.event.v1.outgoing) with its subject; \
         `webhooks: true` only where it tells nothing that the release gate withholds"
    );
}

/// The list by name: whoever lets another event out changes it here too, and thinks of the release gate twice.
#[test]
fn these_events_leave_and_no_other() {
    let names: Vec<_> = Catalogue::get().types().map(|known| known.name.as_str()).collect();
    let expected: Vec<_> = include_str!("outgoing.txt").lines().collect();
    assert_eq!(names, expected);
}

#[test]
fn no_event_leaves_that_tells_of_answers_or_acts_of_single_employees() {
    for subject in [
        event::ResponsesCounted::SUBJECT,
        event::CommitmentChanged::SUBJECT,
        event::MessageUnderstood::SUBJECT,
        event::ConsentChanged::SUBJECT,
    ] {
        assert!(Catalogue::get().of_subject(subject).is_none(), "{subject}");
        assert!(!Pattern::parse("*").types(Catalogue::get()).any(|known| known.subject == subject));
    }
}

#[test]
fn an_event_is_a_cloud_event_with_every_field_of_its_data() {
    let changed = event::UnitChanged { unit: "units/unt_1".to_owned(), revision: 7, versions: Vec::new() };
    let told = Event {
        id: "evt_1",
        tenant: "tenants/ten_1",
        subject: "units/unt_1",
        time: "2026-11-27T10:00:00.25Z".parse().unwrap(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        public_url: "https://arki.example.org",
    };
    let known = Catalogue::get().of_subject(event::UnitChanged::SUBJECT).unwrap();
    let body = told.body(known, &prost_bytes(&changed)).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        body,
        json!({
            "specversion": "1.0",
            "id": "evt_1",
            "source": "/tenants/ten_1/services/directory",
            "type": "arki.directory.unit.changed.v1",
            "subject": "units/unt_1",
            "time": "2026-11-27T10:00:00.250Z",
            "datacontenttype": "application/json",
            "dataschema": "https://arki.example.org/docs/events/arki.directory.unit.changed.v1",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "data": {"unit": "units/unt_1", "revision": "7", "versions": []},
        })
    );
    assert!(told.body(known, &[0xff]).is_none(), "what is no such message is not told");
}

#[test]
fn every_type_has_a_description_and_a_schema_of_all_its_fields() {
    for known in Catalogue::get().types() {
        assert!(!known.description.is_empty(), "{}", known.name);
        let schema = known.schema();
        let properties = schema["properties"].as_object().unwrap();
        assert!(!properties.is_empty(), "{}", known.name);
        assert!(properties.values().all(|field| field["description"].is_string()), "{schema}");
    }
    let closed = Catalogue::get().of_subject(event::WaveClosed::SUBJECT).unwrap().schema();
    assert_eq!(closed["properties"]["invited"]["items"]["properties"]["invited"]["type"], "string");
}

fn prost_bytes(message: &impl Payload) -> Vec<u8> {
    message.encode_to_vec()
}
