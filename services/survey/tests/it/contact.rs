//! Who is not asked because a rule forbids it, and who is asked no more.

use arki_events::{Bus as _, Envelope, Payload as _};
use arki_ids::{EventId, PersonId};
use arki_proto::directory::v1::{ContactRefusal, PersonKind};
use arki_proto::event::v1::PersonChanged;
use arki_proto::survey::v1 as pb;
use arki_test_support::{Refused, eventually, on_each_database};
use prost::Message as _;
use tonic::Code;

use crate::house::{House, add, number, questionnaire, unit, wave};

on_each_database!(
    customers_who_may_not_be_asked_are_left_out_and_counted_by_reason,
    of_employees_only_a_group_beside_a_group_is_counted,
    an_opening_that_fails_gives_its_places_back,
    places_outlast_a_bus_that_is_away_for_days,
    a_directory_that_is_away_opens_nothing,
    a_leaver_is_asked_no_more_and_what_was_answered_stays,
);

/// The first so many people of a kind.
fn refuse(house: &House, kind: PersonKind, refusals: &[ContactRefusal]) {
    house.directory.change(house.tenant, |known| {
        let names: Vec<_> =
            known.people.iter().filter(|one| one.kind() == kind).map(|one| one.name.clone()).collect();
        for (name, refusal) in names.iter().zip(refusals) {
            known.contacts.refuse(PersonId::from_name(name).unwrap(), *refusal);
        }
    });
}

async fn rate(house: &House, wave: &pb::Wave) -> pb::GetResponseRateResponse {
    let request = pb::GetResponseRateRequest { name: wave.name.clone() };
    house.client.clone().get_response_rate(house.ask(request)).await.unwrap().into_inner()
}

fn places(house: &House) -> usize {
    house.directory.change(house.tenant, |known| known.contacts.places.len())
}

async fn customers_who_may_not_be_asked_are_left_out_and_counted_by_reason(house: House) {
    house.directory.change(house.tenant, |known| add(known, 3, PersonKind::Customer, Some(unit(2)), "en"));
    let all = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let everybody = house.invitations(&all).await.len();
    let refusals = [ContactRefusal::Withdrawn, ContactRefusal::Withdrawn, ContactRefusal::Quarantined];
    refuse(&house, PersonKind::Customer, &refusals);
    let some = house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    assert_eq!(house.invitations(&some).await.len(), everybody - 3);
    assert_eq!(some.invitations, i64::try_from(everybody).unwrap() - 3);
    let rate = rate(&house, &some).await;
    let reasons: Vec<_> = rate.ineligible.iter().map(|one| (one.reason.as_str(), one.people)).collect();
    assert_eq!((reasons, rate.ineligible_total), (vec![("quarantined", 1), ("withdrawn", 2)], Some(3)));
    assert_eq!(rate.total.unwrap().invited, some.invitations);
}

async fn of_employees_only_a_group_beside_a_group_is_counted(house: House) {
    refuse(&house, PersonKind::Employee, &[ContactRefusal::Withdrawn; 4]);
    let few = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    let found = rate(&house, &few).await;
    assert_eq!((found.ineligible, found.ineligible_total), (Vec::new(), None));
    refuse(&house, PersonKind::Employee, &[ContactRefusal::Withdrawn; 5]);
    let many = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Anonymous).await;
    assert!(many.invitations >= 5, "{many:?}");
    let found = rate(&house, &many).await;
    assert_eq!((found.ineligible, found.ineligible_total), (Vec::new(), Some(5)));
}

async fn an_opening_that_fails_gives_its_places_back(house: House) {
    let version = house.publishes(questionnaire()).await;
    let draft = house.creates(wave(&version, pb::WaveAudience::Customers, pb::Anonymity::Identified)).await;
    let stale = pb::OpenWaveRequest { name: draft.name.clone(), etag: "99".to_owned(), ..Default::default() };
    let refused = house.client.clone().open_wave(house.ask(stale)).await;
    refused.refused(Code::Aborted, arki_proto::r#type::v1::ErrorReason::EtagMismatch);
    assert_eq!(places(&house), 0);
    let opened = house.opens(&draft).await.unwrap();
    assert_eq!(i64::try_from(places(&house)).unwrap(), opened.invitations);
    // Who comes second takes nothing from who opened it.
    let again = house.opens(&draft).await;
    again.refused(Code::FailedPrecondition, pb::ErrorReason::WaveStateWrong);
    assert_eq!(i64::try_from(places(&house)).unwrap(), opened.invitations);
}

async fn places_outlast_a_bus_that_is_away_for_days(house: House) {
    house.asks(pb::WaveAudience::Customers, pb::Anonymity::Identified).await;
    let asked = house.directory.change(house.tenant, |known| known.contacts.asked.clone());
    assert!(!asked.is_empty());
    for asked in asked {
        // Until the news of the opening is heard, nothing else keeps them.
        assert!(asked.lease_seconds >= 4 * 24 * 3_600 && !asked.confirm, "{asked:?}");
    }
}

async fn a_directory_that_is_away_opens_nothing(house: House) {
    let version = house.publishes(questionnaire()).await;
    let draft = house.creates(wave(&version, pb::WaveAudience::Customers, pb::Anonymity::Identified)).await;
    house.directory.set_away(true);
    assert_eq!(house.opens(&draft).await.unwrap_err().code(), Code::Unavailable);
    house.directory.set_away(false);
    assert_eq!(house.sees(&draft).await.state(), pb::WaveState::Draft);
    house.opens(&draft).await.unwrap();
}

async fn a_leaver_is_asked_no_more_and_what_was_answered_stays(house: House) {
    let wave = house.asks(pb::WaveAudience::Employees, pb::Anonymity::Confidential).await;
    let invitations = house.invitations(&wave).await;
    let (answered, leaver) = (&invitations[0], &invitations[1]);
    house.submits(&answered.token, vec![number("recommend", 9)]).await.unwrap();
    for person in [&answered.person, &leaver.person] {
        let left = PersonChanged {
            person: person.clone(),
            revision: 2,
            kind: "leaver".to_owned(),
            ..Default::default()
        };
        let event = Envelope {
            id: EventId::generate().to_string(),
            tenant: house.tenant,
            subject: PersonChanged::SUBJECT.to_owned(),
            aggregate: person.clone(),
            time: house.now(),
            traceparent: None,
            payload: left.encode_to_vec().into(),
            replay: false,
        };
        house.bus.publish(event).await.unwrap();
    }
    eventually("the invitation is cancelled", || async {
        house.form(&leaver.token, "").await.unwrap().state() == pb::FormState::Closed
    })
    .await;
    let late = house.submits(&leaver.token, vec![number("recommend", 1)]).await;
    late.refused(Code::FailedPrecondition, pb::ErrorReason::WaveStateWrong);
    let states: Vec<_> = house.invitations(&wave).await.iter().map(pb::Invitation::state).collect();
    use pb::InvitationState::{Cancelled, Submitted};
    assert_eq!(states[..2], [Submitted, Cancelled]);
    assert!(states[2..].iter().all(|state| *state != Cancelled));
    assert_eq!(house.form(&answered.token, "").await.unwrap().state(), pb::FormState::AlreadySubmitted);
    house.closes(&wave).await.unwrap();
    assert_eq!(house.sees(&wave).await.responses, 1);
}
