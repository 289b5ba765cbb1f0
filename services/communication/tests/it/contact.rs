//! Who is written to, who is not, and how one gets no more.

use arki_ids::PersonId;
use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::DeliveryState::{Failed, Sent, Skipped};
use arki_proto::communication::v1::ErrorReason;
use arki_proto::directory::v1::ContactRefusal;
use arki_proto::r#type::v1::ContactPurpose;
use arki_test_support::{Refused, on_each_database, said};
use tonic::Code;

use crate::server::{Answer, MailServer, Manners, POLITE};
use crate::world::{World, campaign, message};

on_each_database!(
    who_may_not_be_contacted_is_left_out_when_it_is_planned,
    who_withdraws_after_it_was_planned_gets_nothing,
    a_planned_occurrence_keeps_its_places_and_confirms_them_when_it_is_sent,
    what_is_sent_on_time_is_counted_when_it_was_due_and_what_is_late_now,
    mails_to_customers_say_how_to_get_no_more_and_mails_to_employees_do_not,
    a_recipient_gets_no_more_by_one_click_and_more_again,
    a_link_of_an_employee_chooses_nothing,
    an_address_that_does_not_exist_is_told_of_and_a_policy_is_not,
);

/// A campaign to all customers that begins on Monday at nine.
async fn tells_customers(world: &World, is_critical: bool) -> pb::Campaign {
    let message = world.creates_message(message()).await;
    let campaign = pb::Campaign {
        audience: Some(pb::CampaignAudience { kind: "customer".to_owned(), ..Default::default() }),
        is_critical,
        ..campaign(&message.name, "2026-11-23T09:00", "")
    };
    let campaign = world.creates_campaign(campaign).await;
    world.activates(&campaign).await
}

fn refuse(world: &World, person: PersonId, refusal: ContactRefusal) {
    world.directory.change(world.tenant, |known| known.contacts.refuse(person, refusal));
}

/// The token of the only mail.
fn token(world: &World) -> String {
    let mail = world.mails().remove(0);
    let rest = mail.split("https://arki.example.org/m/").nth(1).unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

const DUE: &str = "2026-11-23T12:00:00Z";

async fn who_may_not_be_contacted_is_left_out_when_it_is_planned(world: World) {
    let reasons = [
        (ContactRefusal::Withdrawn, "the person wants no such messages"),
        (ContactRefusal::Suppressed, "nothing is sent to the address any more"),
        (ContactRefusal::NoConsent, "the person has not agreed to such messages"),
        (ContactRefusal::OverBudget, "the person was contacted as often as the rules allow"),
        (ContactRefusal::Left, "the person is away or has left"),
    ];
    let eeva = world.customer("Eeva");
    let refused: Vec<_> = reasons
        .iter()
        .map(|(refusal, problem)| {
            let person = world.customer(&format!("{refusal:?}"));
            refuse(&world, person, *refusal);
            (person, *problem)
        })
        .collect();
    let campaign = tells_customers(&world, false).await;
    world.set_time(DUE);
    world.plans_and_sends().await;
    for (person, problem) in refused {
        let delivery = world.delivery(&campaign, person).await;
        assert_eq!((delivery.state(), delivery.problem.as_str()), (Skipped, problem));
    }
    assert_eq!(world.delivery(&campaign, eeva).await.state(), Sent);
    assert_eq!(world.mails().len(), 1);
}

async fn who_withdraws_after_it_was_planned_gets_nothing(world: World) {
    let (eeva, otto) = (world.customer("Eeva"), world.customer("Otto"));
    let campaign = tells_customers(&world, false).await;
    world.set_time("2026-11-22T23:30:00Z");
    world.hands.plan().await.unwrap();
    refuse(&world, eeva, ContactRefusal::Withdrawn);
    world.set_time(DUE);
    while world.hands.send().await.unwrap() > 0 {}
    let delivery = world.delivery(&campaign, eeva).await;
    assert_eq!((delivery.state(), delivery.attempts), (Skipped, 1));
    assert_eq!(delivery.problem, "the person wants no such messages");
    assert_eq!(world.delivery(&campaign, otto).await.state(), Sent);
    assert_eq!(world.mails().len(), 1);
}

async fn a_planned_occurrence_keeps_its_places_and_confirms_them_when_it_is_sent(world: World) {
    let eeva = world.customer("Eeva");
    let campaign = tells_customers(&world, true).await;
    world.set_time("2026-11-22T23:30:00Z");
    world.hands.plan().await.unwrap();
    let place = (format!("{}@2026-11-23T09:00:00", campaign.name), eeva.name());
    let places = || world.directory.change(world.tenant, |known| known.contacts.places.clone());
    assert_eq!(places().into_iter().collect::<Vec<_>>(), [(place.clone(), false)]);
    world.set_time(DUE);
    while world.hands.send().await.unwrap() > 0 {}
    assert_eq!(places().into_iter().collect::<Vec<_>>(), [(place, true)]);
    let asked = world.directory.change(world.tenant, |known| known.contacts.asked.clone());
    assert!(asked.iter().all(|asked| asked.is_critical));
}

async fn what_is_sent_on_time_is_counted_when_it_was_due_and_what_is_late_now(world: World) {
    world.customer("Eeva");
    tells_customers(&world, false).await;
    world.set_time("2026-11-22T23:30:00Z");
    world.hands.plan().await.unwrap();
    let times = || -> Vec<_> {
        world.directory.change(world.tenant, |known| {
            let asked = std::mem::take(&mut known.contacts.asked);
            asked.into_iter().flat_map(|asked| asked.contacts).map(|contact| contact.time).collect()
        })
    };
    let planned = times();
    let due = planned[0].as_ref().expect("it is planned for a time").seconds;
    let due = chrono::DateTime::from_timestamp(due, 0).unwrap();
    world.set_time(&(due + chrono::TimeDelta::seconds(40)).to_rfc3339());
    while world.hands.send().await.unwrap() > 0 {}
    assert_eq!(times(), planned);

    world.staff(1);
    world.tells("2026-11-23T15:00", "").await;
    world.set_time("2026-11-23T15:30:00Z");
    world.plans_and_sends().await;
    let late = times();
    assert!(late[0].is_some(), "planned for its time");
    assert_eq!(late[1..], [None], "and two hours late sent now");
}

async fn mails_to_customers_say_how_to_get_no_more_and_mails_to_employees_do_not(world: World) {
    world.customer("Eeva");
    tells_customers(&world, false).await;
    world.set_time(DUE);
    world.plans_and_sends().await;
    let mail = world.mails().remove(0);
    let header = format!("List-Unsubscribe: <https://arki.example.org/u/{}>\r\n", token(&world));
    assert!(mail.contains(&header), "{mail}");
    assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{mail}");
    // A line may be cut where it is long, by an equals sign at its end.
    let text = mail.replace("=\r\n", "");
    let way_out = format!("get no more: https://arki.example.org/u/{}\r\n", token(&world));
    assert!(text.ends_with(&way_out), "{text}");
    world.staff(1);
    world.tells("2026-11-23T15:00", "").await;
    world.set_time("2026-11-23T13:00:00Z");
    world.plans_and_sends().await;
    let plain: Vec<_> = world
        .mails()
        .into_iter()
        .filter(|mail| !mail.contains("Unsubscribe") && !mail.contains("/u/"))
        .collect();
    assert_eq!((plain.len(), world.mails().len()), (1, 2));
}

async fn a_recipient_gets_no_more_by_one_click_and_more_again(world: World) {
    let eeva = world.customer("Eeva");
    tells_customers(&world, false).await;
    world.set_time(DUE);
    world.plans_and_sends().await;
    let token = token(&world);
    let mut preferences = world.preferences();
    let withdrawn = || world.directory.change(world.tenant, |known| known.contacts.withdrawn.clone());
    let get = pb::GetPreferencesRequest { token: token.clone() };
    let gets = preferences.get_preferences(get).await.unwrap().into_inner();
    assert_eq!((gets.preferences.len(), gets.language.as_str()), (3, "en"));
    assert!(gets.preferences.iter().all(|one| one.is_subscribed) && withdrawn().is_empty());
    let click = pb::UnsubscribeRequest { token: token.clone() };
    for _ in 0..2 {
        preferences.unsubscribe(click.clone()).await.unwrap();
        let expected = (eeva.name(), ContactPurpose::Communication);
        assert_eq!(withdrawn().into_iter().collect::<Vec<_>>(), [expected]);
    }
    let choose = pb::UpdatePreferenceRequest {
        token: token.clone(),
        purpose: ContactPurpose::Communication.into(),
        is_subscribed: true,
    };
    let gets = preferences.update_preference(choose).await.unwrap().into_inner();
    assert!(gets.preferences.iter().all(|one| one.is_subscribed) && withdrawn().is_empty());
    let stranger = pb::UnsubscribeRequest { token: token.chars().rev().collect() };
    let refused = preferences.unsubscribe(stranger).await;
    said(refused).refused(Code::NotFound, ErrorReason::MessageLinkNotFound);
    let request = pb::GetMessagePageRequest { token, language: String::new() };
    let page = world.client().get_message_page(request).await.unwrap().into_inner().page.unwrap();
    assert!(page.has_preferences);
}

async fn a_link_of_an_employee_chooses_nothing(world: World) {
    world.staff(1);
    world.tells("2026-11-23T09:00", "").await;
    world.set_time(DUE);
    world.plans_and_sends().await;
    let token = token(&world);
    let get = pb::GetPreferencesRequest { token: token.clone() };
    let refused = world.preferences().get_preferences(get).await;
    said(refused).refused(Code::NotFound, ErrorReason::MessageLinkNotFound);
    let request = pb::GetMessagePageRequest { token, language: String::new() };
    let page = world.client().get_message_page(request).await.unwrap().into_inner().page.unwrap();
    assert!(!page.has_preferences);
}

async fn an_address_that_does_not_exist_is_told_of_and_a_policy_is_not(world: World) {
    let server = MailServer::start().await;
    let world = world.over_smtp(server.port).await;
    world.customer("Eeva");
    let bounced = || world.directory.change(world.tenant, |known| known.contacts.bounced.clone());
    for (answer, expected) in [
        ("550 5.7.1 relaying denied", 0),
        ("552 5.2.2 mailbox full", 0),
        ("550 5.1.1 no such user", 1),
        ("550 no such user", 2),
    ] {
        let campaign = tells_customers(&world, false).await;
        server.behaves(Manners { recipient: Answer::Say(answer), ..POLITE });
        world.set_time(DUE);
        world.plans_and_sends().await;
        assert_eq!(world.states(&campaign).await, [(Failed, 1)], "{answer}");
        assert_eq!(bounced().len(), expected, "{answer}");
    }
    assert_eq!(bounced()[0], "eeva@example.org");
}
