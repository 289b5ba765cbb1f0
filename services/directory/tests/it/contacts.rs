//! The budget that surveys and messages share.

use arki_events::{Envelope, Payload as _};
use arki_proto::directory::v1 as pb;
use arki_proto::directory::v1::{ConsentState, ErrorReason};
use arki_proto::event::v1::WaveOpened;
use arki_proto::r#type::v1::{ContactChannel, ContactPurpose};
use arki_test_support::{Refused, eventually, mask, on_each_database};
use chrono::TimeDelta;
use prost::Message as _;
use tonic::Code;

use crate::consents::{customer, refusal, said};
use crate::server::Server;
use crate::user::{User, employee};

on_each_database!(
    rules_are_read_and_changed_within_the_law,
    surveys_and_messages_share_one_budget,
    a_place_ends_with_its_lease_and_stays_once_it_is_confirmed,
    a_wave_that_tells_that_it_opened_keeps_its_places,
    each_reason_has_its_name,
    a_merged_person_brings_what_was_said_and_what_was_sent,
);

fn service(server: &Server) -> User {
    server.as_caller(arki_rpc::Caller::service("survey", server.admin.caller.tenant))
}

fn reserve(reservation: &str, purpose: ContactPurpose, people: &[&str]) -> pb::ReserveContactsRequest {
    let wanted = |person: &&str| pb::WantedContact { person: (*person).to_owned(), time: None };
    pb::ReserveContactsRequest {
        reservation: reservation.to_owned(),
        purpose: purpose.into(),
        channel: ContactChannel::Email.into(),
        contacts: people.iter().map(wanted).collect(),
        lease_seconds: 60,
        ..Default::default()
    }
}

async fn asked(user: &User, request: pb::ReserveContactsRequest) -> Vec<pb::ContactRefusal> {
    let answers = user.reserve_contacts(request).await.unwrap().answers;
    answers.iter().map(pb::ContactAnswer::refusal).collect()
}

const YES: pb::ContactRefusal = pb::ContactRefusal::Unspecified;

async fn rules_are_read_and_changed_within_the_law(server: Server) {
    let user = &server.admin;
    let rules = user.get_contact_rules(pb::GetContactRulesRequest {}).await.unwrap().contact_rules.unwrap();
    let customers = rules.customers.unwrap();
    assert_eq!((customers.max_contacts, customers.window_days), (4, 30));
    assert_eq!((customers.quarantine_days, customers.relational_quarantine_days), (30, 90));
    let update = |rules: pb::ContactRules, path: &str| pb::UpdateContactRulesRequest {
        contact_rules: Some(rules),
        update_mask: mask(&[path]),
        ..Default::default()
    };
    let fewer = pb::ContactRules {
        customers: Some(pb::KindContactRules { max_contacts: 2, window_days: 0, ..customers }),
        ..rules
    };
    let changed = user.update_contact_rules(update(fewer.clone(), "customers")).await.unwrap();
    let customers = changed.contact_rules.unwrap().customers.unwrap();
    assert_eq!((customers.max_contacts, customers.window_days), (2, 30));
    let again = user.update_contact_rules(update(fewer, "customers")).await;
    again.refused(Code::Aborted, arki_proto::r#type::v1::ErrorReason::EtagMismatch);
    let consent = pb::ContactBasis::Consent.into();
    let asked = pb::ContactRules {
        employees: Some(pb::KindContactRules { survey_basis: consent, ..Default::default() }),
        ..Default::default()
    };
    let refused = user.update_contact_rules(update(asked, "employees")).await;
    refused.refused(Code::FailedPrecondition, ErrorReason::ContactBasisRefused);
}

async fn surveys_and_messages_share_one_budget(server: Server) {
    let (user, service) = (&server.admin, service(&server));
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let confirmed = |reservation: &str, purpose| pb::ReserveContactsRequest {
        confirm: true,
        ..reserve(reservation, purpose, &[&eeva])
    };
    assert_eq!(asked(&service, confirmed("waves/a", ContactPurpose::Survey)).await, [YES]);
    let second = asked(&service, confirmed("waves/b", ContactPurpose::Survey)).await;
    assert_eq!(second, [pb::ContactRefusal::Quarantined]);
    for campaign in ["campaigns/a", "campaigns/b", "campaigns/c"] {
        assert_eq!(asked(&service, confirmed(campaign, ContactPurpose::Communication)).await, [YES]);
    }
    let fifth = confirmed("campaigns/d", ContactPurpose::Communication);
    assert_eq!(asked(&service, fifth.clone()).await, [pb::ContactRefusal::OverBudget]);
    // Asked for again, a place costs nothing; and what is critical passes.
    assert_eq!(asked(&service, confirmed("campaigns/c", ContactPurpose::Communication)).await, [YES]);
    let critical = pb::ReserveContactsRequest { is_critical: true, ..fifth };
    assert_eq!(asked(&service, critical).await, [YES]);
    assert_eq!(refusal(user, &eeva, ContactPurpose::Communication).await, pb::ContactRefusal::OverBudget);
    server.wait(TimeDelta::days(30));
    let later = confirmed("waves/b", ContactPurpose::Survey);
    assert_eq!(asked(&service, later).await, [YES]);
}

async fn a_place_ends_with_its_lease_and_stays_once_it_is_confirmed(server: Server) {
    let (user, service) = (&server.admin, service(&server));
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let wave = |name: &str| reserve(name, ContactPurpose::Survey, &[&eeva]);
    assert_eq!(asked(&service, wave("waves/a")).await, [YES]);
    assert_eq!(asked(&service, wave("waves/b")).await, [pb::ContactRefusal::Quarantined]);
    // The process died: an hour later nobody holds the place.
    server.wait(TimeDelta::seconds(60));
    assert_eq!(asked(&service, wave("waves/b")).await, [YES]);
    let release = pb::ReleaseContactsRequest { reservation: "waves/b".to_owned() };
    service.release_contacts(release).await.unwrap();
    let confirmed = pb::ReserveContactsRequest { confirm: true, ..wave("waves/c") };
    assert_eq!(asked(&service, confirmed).await, [YES]);
    service.release_contacts(pb::ReleaseContactsRequest { reservation: "waves/c".to_owned() }).await.unwrap();
    server.wait(TimeDelta::days(1));
    assert_eq!(asked(&service, wave("waves/d")).await, [pb::ContactRefusal::Quarantined]);
}

async fn a_wave_that_tells_that_it_opened_keeps_its_places(server: Server) {
    let (user, service) = (&server.admin, service(&server));
    let tenant = user.caller.tenant;
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let wave = arki_ids::WaveId::generate();
    let days = pb::ReserveContactsRequest {
        lease_seconds: 4 * 24 * 3_600,
        ..reserve(&wave.name(), ContactPurpose::Survey, &[&eeva])
    };
    assert_eq!(asked(&service, days).await, [YES]);
    let opened = WaveOpened { wave: wave.name(), ..Default::default() };
    let event = Envelope {
        id: arki_ids::EventId::generate().to_string(),
        tenant,
        subject: WaveOpened::SUBJECT.to_owned(),
        aggregate: wave.name(),
        time: server.now(),
        traceparent: None,
        payload: opened.encode_to_vec().into(),
        replay: false,
    };
    // The news comes days later; meanwhile nobody else gets the place.
    server.wait(TimeDelta::days(3));
    assert_eq!(
        asked(&service, reserve("waves/b", ContactPurpose::Survey, &[&eeva])).await,
        [pb::ContactRefusal::Quarantined]
    );
    server.tell(event).await;
    let store = server.store().await;
    let person = arki_ids::PersonId::from_name(&eeva).unwrap();
    eventually("the place is confirmed", || async {
        let places =
            arki_directory::storage::contacts::of_people(store.reader(), tenant, &[person]).await.unwrap();
        places[&person][0].lease_end.is_none()
    })
    .await;
}

async fn each_reason_has_its_name(server: Server) {
    let (user, service) = (&server.admin, service(&server));
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let request = pb::RecordConsentRequest {
        consent: Some(said(&eeva, ConsentState::Withdrawn)),
        ..Default::default()
    };
    user.record_consent(request).await.unwrap();
    let prospect = pb::Person { kind: pb::PersonKind::Prospect.into(), ..employee("Pia Mahdollinen") };
    let pia = user.person(prospect).await.unwrap().name;
    let aino = user.person(employee("Aino Esimerkki")).await.unwrap().name;
    let away = pb::EmploymentState::LongLeave.into();
    let otso = pb::Person { employment_state: away, ..employee("Otso Poissa") };
    let otso = user.person(otso).await.unwrap().name;
    let gone = pb::Person { kind: pb::PersonKind::Leaver.into(), ..employee("Leena Lähtenyt") };
    let leena = user.person(gone).await.unwrap().name;
    let nobody = arki_ids::PersonId::generate().name();
    let people = [eeva.as_str(), &pia, &aino, &otso, &leena, &nobody];
    use pb::ContactRefusal::{Left, NoConsent, OnLeave, Unknown, Withdrawn};
    let refusals = asked(&service, reserve("waves/a", ContactPurpose::Survey, &people)).await;
    assert_eq!(refusals, [Withdrawn, NoConsent, YES, OnLeave, Left, Unknown]);
}

async fn a_merged_person_brings_what_was_said_and_what_was_sent(server: Server) {
    let (user, service) = (&server.admin, service(&server));
    let eeva = customer(user, "Eeva Asiakas", "eeva@example.com").await;
    let double = customer(user, "E. Asiakas", "").await;
    let request = pb::RecordConsentRequest {
        consent: Some(pb::Consent {
            purpose: ContactPurpose::Story.into(),
            ..said(&double, ConsentState::Withdrawn)
        }),
        ..Default::default()
    };
    user.record_consent(request).await.unwrap();
    let sent = reserve("waves/a", ContactPurpose::Survey, &[&double]);
    assert_eq!(asked(&service, pb::ReserveContactsRequest { confirm: true, ..sent }).await, [YES]);
    let merge = pb::MergePeopleRequest {
        survivor: eeva.clone(),
        duplicates: vec![double.clone()],
        ..Default::default()
    };
    user.merge_people(merge).await.unwrap();
    assert_eq!(refusal(user, &eeva, ContactPurpose::Story).await, pb::ContactRefusal::Withdrawn);
    assert_eq!(refusal(user, &eeva, ContactPurpose::Survey).await, pb::ContactRefusal::Quarantined);
}
