//! What people said, where nothing is sent, and what they choose by themselves.

use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::{ConsentState, ErrorReason};
use arki_proto::event::v1::ConsentChanged;
use arki_proto::r#type::v1::{ContactChannel, ContactPurpose};
use arki_rpc::time::timestamp;
use arki_test_support::{Refused, on_each_database};
use chrono::TimeDelta;
use serde_json::json;
use tonic::Code;

use crate::scim_user::USER;
use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    what_was_said_is_kept_and_the_latest_holds,
    a_batch_is_all_or_nothing,
    an_opt_out_of_an_identity_provider_is_a_withdrawal,
    an_address_is_known_by_its_hash_and_outlives_the_person,
    who_unsubscribes_gets_no_more_and_can_take_it_back,
    another_tenant_sees_nothing_of_it,
);

pub(crate) async fn customer(user: &User, name: &str, email: &str) -> String {
    let person =
        pb::Person { kind: pb::PersonKind::Customer.into(), email: email.to_owned(), ..employee(name) };
    user.person(person).await.unwrap().name
}

pub(crate) fn said(person: &str, state: ConsentState) -> pb::Consent {
    pb::Consent {
        person: person.to_owned(),
        purpose: ContactPurpose::Survey.into(),
        channel: ContactChannel::Email.into(),
        state: state.into(),
        source: "web form".to_owned(),
        time: None,
        text_version: "2026-1".to_owned(),
    }
}

fn record(consent: pb::Consent) -> pb::RecordConsentRequest {
    pb::RecordConsentRequest { consent: Some(consent), request_id: String::new() }
}

pub(crate) async fn refusal(user: &User, person: &str, purpose: ContactPurpose) -> pb::ContactRefusal {
    let request = pb::CheckContactRequest {
        name: person.to_owned(),
        purpose: purpose.into(),
        channel: ContactChannel::Unspecified.into(),
    };
    let answer = user.check_contact(request).await.unwrap();
    assert_eq!(answer.allowed, answer.refusal() == pb::ContactRefusal::Unspecified);
    answer.refusal()
}

async fn what_was_said_is_kept_and_the_latest_holds(server: Server) {
    let user = &server.admin;
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);
    user.record_consent(record(said(&eeva, ConsentState::Withdrawn))).await.unwrap();
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Withdrawn);
    assert_eq!(refusal(user, &eeva, ContactPurpose::Communication).await, pb::ContactRefusal::Unspecified);
    // Heard of later, said earlier: the withdrawal still holds.
    let before = Some(timestamp(server.now() - TimeDelta::days(1)));
    let late = pb::Consent { time: before, ..said(&eeva, ConsentState::Granted) };
    let holds = user.record_consent(record(late.clone())).await.unwrap().consent.unwrap();
    assert_eq!(holds.state(), ConsentState::Withdrawn);
    // The same again is no change, and at the same time the withdrawal wins.
    user.record_consent(record(late)).await.unwrap();
    let same_time = pb::Consent { time: Some(timestamp(server.now())), ..said(&eeva, ConsentState::Granted) };
    user.record_consent(record(same_time)).await.unwrap();
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Withdrawn);
    server.wait(TimeDelta::minutes(1));
    user.record_consent(record(said(&eeva, ConsentState::Granted))).await.unwrap();
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);

    let mut states = Vec::new();
    let mut page_token = String::new();
    loop {
        let list = pb::ListConsentsRequest { parent: eeva.clone(), page_size: 1, page_token };
        let page = user.list_consents(list).await.unwrap();
        states.extend(page.consents.iter().map(pb::Consent::state));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    use ConsentState::{Granted, Withdrawn};
    assert_eq!(states, [Granted, Granted, Withdrawn, Granted]);
    let events = server.events::<ConsentChanged>(4).await;
    assert_eq!(events.len(), 4, "the same again is not told");
    assert_eq!(events.last().unwrap().state, "granted");

    let future = pb::Consent {
        time: Some(timestamp(server.now() + TimeDelta::minutes(1))),
        ..said(&eeva, ConsentState::Granted)
    };
    assert_eq!(user.record_consent(record(future)).await.fields(), ["consent.time"]);
    let nobody = said(&arki_ids::PersonId::generate().name(), ConsentState::Granted);
    user.record_consent(record(nobody)).await.refused(Code::NotFound, ErrorReason::PersonNotFound);
}

async fn a_batch_is_all_or_nothing(server: Server) {
    let user = &server.admin;
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let otto = customer(user, "Otto Ostaja", "otto@example.com").await;
    let batch = |people: &[&str]| pb::BatchRecordConsentsRequest {
        consents: people.iter().map(|person| said(person, ConsentState::Withdrawn)).collect(),
        request_id: String::new(),
    };
    let nobody = arki_ids::PersonId::generate().name();
    let refused = user.batch_record_consents(batch(&[&eeva, &nobody])).await;
    refused.refused(Code::NotFound, ErrorReason::PersonNotFound);
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);
    let recorded = user.batch_record_consents(batch(&[&eeva, &otto, &eeva])).await.unwrap().recorded;
    assert_eq!(recorded, 2);
    assert_eq!(user.batch_record_consents(batch(&[&eeva, &otto])).await.unwrap().recorded, 0);
    assert_eq!(refusal(user, &otto, ContactPurpose::Survey).await, pb::ContactRefusal::Withdrawn);
}

async fn an_opt_out_of_an_identity_provider_is_a_withdrawal(server: Server) {
    let user = &server.admin;
    let provider = server.provider(user.caller.tenant);
    let extension = arki_scim::schema::ARKI_USER;
    let resource = json!({
        "schemas": [USER, extension],
        "userName": "aino@example.com",
        "displayName": "Aino Esimerkki",
        extension: {"surveyOptOut": true},
    });
    let created = provider.post_user(resource).await;
    assert_eq!(created.status, 201, "{created:?}");
    let aino = format!("people/{}", created.id);
    assert_eq!(refusal(user, &aino, ContactPurpose::Survey).await, pb::ContactRefusal::Withdrawn);
    assert_eq!(refusal(user, &aino, ContactPurpose::Communication).await, pb::ContactRefusal::Unspecified);
    server.wait(TimeDelta::minutes(1));
    let path = format!("{}:surveyOptOut", arki_scim::schema::ARKI_USER);
    let operations = json!([{"op": "replace", "path": path, "value": false}]);
    let changed = provider.patch_user(&created.id, operations).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(refusal(user, &aino, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);
    let list = pb::ListConsentsRequest { parent: aino, ..Default::default() };
    let consents = user.list_consents(list).await.unwrap().consents;
    assert_eq!(consents.len(), 4, "each of two channels, twice");
    assert!(consents.iter().all(|consent| consent.source == "scim"));
}

async fn an_address_is_known_by_its_hash_and_outlives_the_person(server: Server) {
    let user = &server.admin;
    let bounce = pb::ReportBounceRequest {
        address: "Eeva@Example.com".to_owned(),
        channel: ContactChannel::Email.into(),
    };
    let communication = server.as_caller(arki_rpc::Caller::service("communication", user.caller.tenant));
    communication.report_bounce(bounce.clone()).await.unwrap();
    communication.report_bounce(bounce).await.unwrap();
    // The person comes later, and is not written to all the same.
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Suppressed);
    let entries = user.list_suppressions(Default::default()).await.unwrap().suppressions;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].reason(), pb::SuppressionReason::HardBounce);
    let store = server.store().await;
    let kept = arki_directory::storage::suppressions::find_key(store.reader(), user.caller.tenant).await;
    assert!(kept.unwrap().unwrap().is_sealed);

    let remove = pb::RemoveSuppressionRequest { name: entries[0].name.clone(), ..Default::default() };
    user.remove_suppression(remove.clone()).await.unwrap();
    user.remove_suppression(remove).await.refused(Code::NotFound, ErrorReason::SuppressionNotFound);
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);

    let manual = pb::AddSuppressionRequest {
        address: "eeva@example.com".to_owned(),
        channel: ContactChannel::Email.into(),
        purpose: ContactPurpose::Survey.into(),
        reason: pb::SuppressionReason::Manual.into(),
        expire_time: Some(timestamp(server.now() + TimeDelta::days(1))),
        ..Default::default()
    };
    user.add_suppression(manual.clone()).await.unwrap();
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Suppressed);
    assert_eq!(refusal(user, &eeva, ContactPurpose::Communication).await, pb::ContactRefusal::Unspecified);
    server.wait(TimeDelta::days(1));
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);
    let nonsense = pb::AddSuppressionRequest { address: "nowhere".to_owned(), ..manual.clone() };
    let nonsense = pb::AddSuppressionRequest { expire_time: None, ..nonsense };
    assert_eq!(user.add_suppression(nonsense).await.fields(), ["address"]);
    assert_eq!(user.add_suppression(manual).await.fields(), ["expire_time"]);
}

async fn who_unsubscribes_gets_no_more_and_can_take_it_back(server: Server) {
    let user = &server.admin;
    let communication = server.as_caller(arki_rpc::Caller::service("communication", user.caller.tenant));
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let change = |is_subscribed| pb::ChangePreferenceRequest {
        person: eeva.clone(),
        purpose: ContactPurpose::Communication.into(),
        is_subscribed,
        source: "link".to_owned(),
    };
    for _ in 0..2 {
        let answer = communication.change_preference(change(false)).await.unwrap();
        let gets: Vec<_> = answer.preferences.iter().map(|one| (one.purpose(), one.is_subscribed)).collect();
        assert_eq!(
            gets,
            [
                (ContactPurpose::Survey, true),
                (ContactPurpose::Communication, false),
                (ContactPurpose::Story, true)
            ]
        );
    }
    let list = pb::ListConsentsRequest { parent: eeva.clone(), ..Default::default() };
    assert_eq!(user.list_consents(list.clone()).await.unwrap().consents.len(), 1, "twice is once");
    let check = pb::CheckSuppressionRequest {
        address: "EEVA@example.com".to_owned(),
        channel: ContactChannel::Email.into(),
    };
    let entries = user.check_suppression(check.clone()).await.unwrap().suppressions;
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].purpose(), ContactPurpose::Communication);
    assert_eq!(entries[0].reason(), pb::SuppressionReason::Unsubscribed);
    let get = pb::GetPreferencesRequest { person: eeva.clone() };
    let gets = communication.get_preferences(get).await.unwrap().preferences;
    assert_eq!(gets.iter().filter(|one| one.is_subscribed).count(), 2);
    let answer = communication.change_preference(change(true)).await.unwrap();
    assert!(answer.preferences.iter().all(|one| one.is_subscribed));
    assert!(user.check_suppression(check).await.unwrap().suppressions.is_empty());
    assert_eq!(user.list_consents(list).await.unwrap().consents.len(), 2);

    let aino = user.person(employee("Aino Esimerkki")).await.unwrap().name;
    let none = pb::ChangePreferenceRequest { person: aino.clone(), ..change(false) };
    assert!(communication.change_preference(none).await.unwrap().preferences.is_empty());
    assert_eq!(refusal(user, &aino, ContactPurpose::Communication).await, pb::ContactRefusal::Unspecified);
}

async fn another_tenant_sees_nothing_of_it(server: Server) {
    let (owner, stranger) = (&server.admin, server.stranger().await);
    let eeva = customer(owner, "Eeva Asiakas", "eeva@example.com").await;
    let missing = (Code::NotFound, ErrorReason::PersonNotFound);
    stranger.record_consent(record(said(&eeva, ConsentState::Granted))).await.refused(missing.0, missing.1);
    let list = pb::ListConsentsRequest { parent: eeva.clone(), ..Default::default() };
    stranger.list_consents(list).await.refused(missing.0, missing.1);
    let check = pb::CheckContactRequest {
        name: eeva.clone(),
        purpose: ContactPurpose::Survey.into(),
        ..Default::default()
    };
    stranger.check_contact(check).await.refused(missing.0, missing.1);
    let add = pb::AddSuppressionRequest {
        address: "eeva@example.com".to_owned(),
        channel: ContactChannel::Email.into(),
        reason: pb::SuppressionReason::Manual.into(),
        ..Default::default()
    };
    let theirs = stranger.add_suppression(add).await.unwrap().suppression.unwrap();
    assert_eq!(refusal(owner, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Unspecified);
    let remove = pb::RemoveSuppressionRequest { name: theirs.name, ..Default::default() };
    owner.remove_suppression(remove).await.refused(Code::NotFound, ErrorReason::SuppressionNotFound);
    assert!(owner.list_suppressions(Default::default()).await.unwrap().suppressions.is_empty());
}
