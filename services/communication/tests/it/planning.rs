use std::collections::BTreeSet;

use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::DeliveryState::{Pending, Sent, Skipped};
use arki_test_support::on_each_database;
use chrono::{DateTime, TimeDelta, Utc};
use prost_types::FieldMask;

use crate::world::{World, campaign, message};

on_each_database!(
    nine_o_clock_is_nine_o_clock_wherever_somebody_is,
    a_restart_plans_once,
    who_has_no_address_is_left_out_and_says_so,
    who_leaves_between_planning_and_sending_is_left_out,
    an_address_that_was_just_seen_is_not_asked_for_again,
    of_several_that_were_missed_the_newest_is_sent_once,
    what_is_missed_by_more_than_an_hour_is_left_out_where_the_campaign_says_so,
    what_was_planned_in_time_but_not_sent_in_time_is_left_out_too,
    a_pause_holds_what_is_planned_and_lets_it_go_afterwards,
    an_end_leaves_out_what_was_planned,
    a_change_in_a_pause_reaches_those_who_have_not_got_it_and_nobody_twice,
    another_time_of_day_takes_the_place_of_the_one_that_was_planned,
    an_edited_message_reaches_those_who_have_not_got_it,
);

fn due(delivery: &pb::Delivery) -> DateTime<Utc> {
    DateTime::from_timestamp(delivery.due_time.unwrap().seconds, 0).unwrap()
}

async fn change(world: &World, name: &str, paths: &[&str], change: pb::Campaign) {
    let request = pb::UpdateCampaignRequest {
        campaign: Some(pb::Campaign { name: name.to_owned(), ..change }),
        update_mask: Some(FieldMask { paths: paths.iter().map(ToString::to_string).collect() }),
        request_id: String::new(),
    };
    world.client().update_campaign(world.asks(request)).await.unwrap();
}

async fn nine_o_clock_is_nine_o_clock_wherever_somebody_is(world: World) {
    let zones =
        ["Europe/Helsinki", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Nowhere/Else", ""];
    let people = zones.map(|zone| world.employee("Ann", None, zone));
    let campaign = world.tells("2026-11-23T09:00", "").await;
    // It is due first in Kiritimati, where it is Monday already; a quarter of an hour before, it is planned.
    world.set_time("2026-11-22T18:44:59Z");
    world.hands.plan().await.unwrap();
    assert_eq!(world.states(&campaign).await, []);
    world.advance(TimeDelta::seconds(1));
    world.hands.plan().await.unwrap();
    let expected = [
        "2026-11-23T07:00:00Z",
        "2026-11-23T14:00:00Z",
        "2026-11-23T00:00:00Z",
        "2026-11-22T19:00:00Z",
        // A zone that there is not is the tenant's.
        "2026-11-23T07:00:00Z",
        "2026-11-23T07:00:00Z",
    ];
    for (person, expected) in people.into_iter().zip(expected) {
        assert_eq!(due(&world.delivery(&campaign, person).await), expected.parse::<DateTime<Utc>>().unwrap());
    }
    // Each is sent when it is due, not before.
    for (time, sent) in
        [("2026-11-22T18:59:59Z", 0), ("2026-11-22T19:00:00Z", 1), ("2026-11-23T07:00:00Z", 5)]
    {
        world.set_time(time);
        world.plans_and_sends().await;
        assert_eq!(world.mails().len(), sent, "{time}");
    }
}

async fn a_restart_plans_once(world: World) {
    world.staff(10);
    let campaign = world.tells("2026-11-23T09:00", "FREQ=DAILY;COUNT=2").await;
    world.set_time("2026-11-23T07:00:00Z");
    // The directory goes away after two of three pages.
    world.directory.goes_away_after_pages(2);
    world.hands.plan().await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Pending, 8)]);
    world.directory.set_away(false);
    let other = world.another_process().await;
    let (one, two) = tokio::join!(world.hands.plan(), other.plan());
    one.unwrap();
    two.unwrap();
    world.hands.plan().await.unwrap();
    other.plan().await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Pending, 10)]);
    let people: BTreeSet<_> = world.deliveries(&campaign).await.into_iter().map(|it| it.person).collect();
    assert_eq!(people.len(), 10);
}

async fn who_has_no_address_is_left_out_and_says_so(world: World) {
    world.staff(1);
    let silent = world.employee("Silent", None, "UTC");
    world.directory.change(world.tenant, |known| known.person_mut(silent).email.clear());
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T12:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.states(&campaign).await, [(Sent, 1), (Skipped, 1)]);
    assert_eq!(world.delivery(&campaign, silent).await.problem, "the person has no address");
}

async fn who_leaves_between_planning_and_sending_is_left_out(world: World) {
    let leaver = world.employee("Lee", None, "Europe/Helsinki");
    let gone = world.employee("Gus", None, "Europe/Helsinki");
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    world.directory.change(world.tenant, |known| {
        known.person_mut(leaver).set_employment_state(arki_proto::directory::v1::EmploymentState::Left);
        known.people.retain(|person| person.name != gone.name());
    });
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.states(&campaign).await, [(Skipped, 2)]);
    assert_eq!(world.mails().len(), 0);
}

async fn an_address_that_was_just_seen_is_not_asked_for_again(world: World) {
    world.staff(3);
    world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    assert_eq!((world.mails().len(), world.directory.calls("GetPerson")), (3, 0));
}

async fn of_several_that_were_missed_the_newest_is_sent_once(world: World) {
    world.staff(2);
    let campaign = world.tells("2026-11-23T09:00", "FREQ=DAILY").await;
    world.set_time("2026-11-26T12:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.mails().len(), 2, "only Thursday's, three hours late");
    let sent: BTreeSet<_> =
        world.deliveries(&campaign).await.iter().filter(|it| it.state() == Sent).map(due).collect();
    assert_eq!(sent, BTreeSet::from(["2026-11-26T07:00:00Z".parse().unwrap()]));
    // And the next day goes on as ever.
    world.set_time("2026-11-27T07:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.mails().len(), 4);
}

async fn what_is_missed_by_more_than_an_hour_is_left_out_where_the_campaign_says_so(world: World) {
    world.staff(1);
    let tokyo = world.employee("Aki", None, "Asia/Tokyo");
    let message = world.creates_message(message()).await;
    let mut skipping = campaign(&message.name, "2026-11-23T09:00", "");
    skipping.set_missed_policy(pb::MissedPolicy::Skip);
    let skipping = world.creates_campaign(skipping).await;
    world.activates(&skipping).await;
    world.set_time("2026-11-23T07:59:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.states(&skipping).await, [(Sent, 1), (Skipped, 1)]);
    assert_eq!(world.delivery(&skipping, tokyo).await.problem, "missed by more than an hour");
}

async fn what_was_planned_in_time_but_not_sent_in_time_is_left_out_too(world: World) {
    world.staff(1);
    let message = world.creates_message(message()).await;
    let mut skipping = campaign(&message.name, "2026-11-23T09:00", "");
    skipping.set_missed_policy(pb::MissedPolicy::Skip);
    let skipping = world.creates_campaign(skipping).await;
    world.activates(&skipping).await;
    world.set_time("2026-11-23T07:00:00Z");
    world.hands.plan().await.unwrap();
    world.set_time("2026-11-23T08:01:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.states(&skipping).await, [(Skipped, 1)]);
}

async fn a_pause_holds_what_is_planned_and_lets_it_go_afterwards(world: World) {
    world.staff(3);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.hands.plan().await.unwrap();
    world.pauses(&campaign).await;
    world.plans_and_sends().await;
    assert_eq!(world.states(&campaign).await, [(Pending, 3)]);
    // Held deliveries are out of the queue: they cost nothing.
    assert_eq!(world.hands.send().await.unwrap(), 0);
    world.activates(&campaign).await;
    world.plans_and_sends().await;
    assert_eq!((world.states(&campaign).await, world.mails().len()), (vec![(Sent, 3)], 3));
}

async fn an_end_leaves_out_what_was_planned(world: World) {
    world.staff(2);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.hands.plan().await.unwrap();
    let end = pb::EndCampaignRequest { name: campaign.name.clone(), ..Default::default() };
    world.client().end_campaign(world.asks(end)).await.unwrap();
    world.plans_and_sends().await;
    assert_eq!((world.states(&campaign).await, world.mails().len()), (vec![(Skipped, 2)], 0));
}

async fn a_change_in_a_pause_reaches_those_who_have_not_got_it_and_nobody_twice(world: World) {
    let unit = world.unit("Shop", None);
    let ann = world.employee("Ann", Some(unit), "Asia/Tokyo");
    let bo = world.employee("Bo", Some(unit), "Europe/Helsinki");
    let cy = world.employee("Cy", None, "Europe/Helsinki");
    let campaign = world.tells("2026-11-23T09:00", "").await;
    // Tokyo has it, Helsinki not yet.
    world.set_time("2026-11-23T00:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.mails().len(), 1);
    world.pauses(&campaign).await;
    let audience = pb::CampaignAudience { kind: "employee".into(), units: vec![unit.name()], roles: vec![] };
    change(
        &world,
        &campaign.name,
        &["audience"],
        pb::Campaign { audience: Some(audience), ..Default::default() },
    )
    .await;
    world.activates(&campaign).await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.mails().len(), 2);
    let people: BTreeSet<_> = world.deliveries(&campaign).await.into_iter().map(|it| it.person).collect();
    assert_eq!(people, BTreeSet::from([ann.name(), bo.name()]));
    assert!(!people.contains(&cy.name()));
}

async fn another_time_of_day_takes_the_place_of_the_one_that_was_planned(world: World) {
    world.staff(2);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T06:00:00Z");
    world.hands.plan().await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Pending, 2)]);
    world.pauses(&campaign).await;
    let schedule = pb::Schedule { local_start: "2026-11-23T15:00".into(), rrule: String::new() };
    change(
        &world,
        &campaign.name,
        &["schedule"],
        pb::Campaign { schedule: Some(schedule), ..Default::default() },
    )
    .await;
    world.activates(&campaign).await;
    world.set_time("2026-11-23T07:30:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.mails().len(), 0);
    world.set_time("2026-11-23T13:00:00Z");
    world.plans_and_sends().await;
    assert_eq!((world.states(&campaign).await, world.mails().len()), (vec![(Sent, 2)], 2));
}

async fn an_edited_message_reaches_those_who_have_not_got_it(world: World) {
    world.staff(1);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    let request = pb::UpdateMessageRequest {
        message: Some(pb::Message {
            name: campaign.message.clone(),
            subject: crate::world::text("Corrected"),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["subject".into()] }),
        request_id: String::new(),
    };
    world.client().update_message(world.asks(request)).await.unwrap();
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    assert!(world.mails()[0].contains("Subject: Corrected"));
}
