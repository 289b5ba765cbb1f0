use std::sync::Arc;

use arki_proto::communication::v1::DeliveryState::{Pending, Sending, Sent};
use arki_test_support::{eventually, on_each_database};
use chrono::TimeDelta;

use crate::world::{World, files};

on_each_database!(
    a_mail_lies_in_the_folder_by_the_name_of_its_delivery,
    two_senders_on_one_queue_send_each_delivery_once,
    what_a_sender_had_in_hand_when_it_died_is_finished_by_the_next,
    a_sender_that_slept_past_its_lease_neither_sends_nor_settles,
    what_could_not_be_over_in_time_is_given_back_rather_than_begun,
    a_directory_that_is_away_costs_no_attempt,
    a_folder_that_is_gone_costs_no_attempt_either,
);

async fn a_mail_lies_in_the_folder_by_the_name_of_its_delivery(world: World) {
    let ann = world.employee("Ann", None, "Europe/Helsinki");
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    let delivery = world.delivery(&campaign, ann).await;
    assert_eq!((delivery.state(), delivery.attempts, delivery.problem.as_str()), (Sent, 1, ""));
    assert_eq!(delivery.sent_time.unwrap().seconds, world.now().timestamp());
    let id = delivery.name.rsplit('/').next().unwrap();
    let names: Vec<_> = files(&world.mail_folder());
    assert_eq!(names, [world.mail_folder().join(format!("{id}.eml"))]);
    let mail = world.mails().remove(0);
    for line in [
        "From: \"Example Oy\" <messages@example.org>",
        "To: Ann <ann@example.org>",
        "Subject: Fewer transfers",
        &format!("Message-ID: <{id}@example.org>"),
        "Auto-Submitted: auto-generated",
        "From Monday on, one of us sees a case through.",
        "Customers were passed on three times.",
    ] {
        assert!(mail.lines().any(|found| found == line), "{line}\n{mail}");
    }
    assert!(mail.contains("https://arki.example.org/m/"), "{mail}");
}

async fn two_senders_on_one_queue_send_each_delivery_once(world: World) {
    world.staff(120);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.hands.plan().await.unwrap();
    let other = world.another_process().await;
    let rounds =
        |hands: Arc<arki_communication::Hands>| async move { while hands.send().await.unwrap() > 0 {} };
    tokio::join!(rounds(Arc::clone(&world.hands)), rounds(Arc::clone(&other)), rounds(other));
    let deliveries = world.deliveries(&campaign).await;
    assert_eq!(deliveries.len(), 120);
    assert!(deliveries.iter().all(|delivery| delivery.state() == Sent && delivery.attempts == 1));
    assert_eq!(world.mails().len(), 120);
}

async fn what_a_sender_had_in_hand_when_it_died_is_finished_by_the_next(world: World) {
    world.staff(3);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    world.set_time("2026-11-23T07:00:00Z");
    world.directory.hold_people();
    {
        let dies = world.hands.send();
        tokio::pin!(dies);
        tokio::select! {
            _ = &mut dies => panic!("it had to wait"),
            () = eventually("it has claimed", async || world.directory.waiting() == 3) => {}
        }
    }
    world.directory.let_go();
    let other = world.another_process().await;
    // As long as the claim holds, nobody touches what it claimed.
    assert_eq!(other.send().await.unwrap(), 0);
    assert_eq!(world.states(&campaign).await, [(Sending, 3)]);
    world.advance(TimeDelta::seconds(60));
    assert_eq!(other.send().await.unwrap(), 3);
    assert_eq!((world.states(&campaign).await, world.mails().len()), (vec![(Sent, 3)], 3));
}

async fn a_sender_that_slept_past_its_lease_neither_sends_nor_settles(world: World) {
    world.staff(1);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    world.set_time("2026-11-23T07:00:00Z");
    world.directory.hold_people();
    let other = world.another_process().await;
    let slow = world.hands.send();
    let quick = async {
        eventually("the first has claimed", async || world.directory.waiting() == 1).await;
        world.advance(TimeDelta::seconds(61));
        let second = other.send();
        tokio::pin!(second);
        tokio::select! {
            _ = &mut second => panic!("it had to wait"),
            () = eventually("both wait", async || world.directory.waiting() == 2) => {}
        }
        world.directory.let_go();
        second.await.unwrap()
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!((slow.unwrap(), quick), (1, 1));
    let delivery = world.deliveries(&campaign).await.remove(0);
    assert_eq!((delivery.state(), delivery.attempts), (Sent, 2));
    assert_eq!(files(&world.mail_folder()).len(), 1);
}

async fn what_could_not_be_over_in_time_is_given_back_rather_than_begun(world: World) {
    world.staff(1);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    world.set_time("2026-11-23T07:00:00Z");
    world.directory.hold_people();
    let slow = async { world.hands.send().await.unwrap() };
    let passes = async {
        eventually("it has claimed", async || world.directory.waiting() == 1).await;
        world.advance(TimeDelta::seconds(31));
        world.directory.let_go();
    };
    tokio::join!(slow, passes);
    let delivery = world.deliveries(&campaign).await.remove(0);
    assert_eq!((delivery.state(), delivery.attempts, world.mails().len()), (Pending, 0, 0));
    world.advance(TimeDelta::seconds(31));
    world.hands.send().await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Sent, 1)]);
}

async fn a_directory_that_is_away_costs_no_attempt(world: World) {
    world.staff(1);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    world.set_time("2026-11-23T07:00:00Z");
    world.directory.set_away(true);
    assert_eq!(world.hands.send().await.unwrap(), 1);
    let delivery = world.deliveries(&campaign).await.remove(0);
    assert_eq!((delivery.state(), delivery.attempts), (Pending, 0));
    assert_eq!(delivery.problem, "the directory could not be asked whether to send it");
    world.directory.set_away(false);
    assert_eq!(world.hands.send().await.unwrap(), 0, "not at once");
    world.advance(TimeDelta::seconds(31));
    assert_eq!(world.hands.send().await.unwrap(), 1);
    assert_eq!(world.states(&campaign).await, [(Sent, 1)]);
}

async fn a_folder_that_is_gone_costs_no_attempt_either(world: World) {
    world.staff(1);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.hands.plan().await.unwrap();
    std::fs::remove_dir_all(world.mail_folder()).unwrap();
    world.hands.send().await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Pending, 1)]);
    std::fs::create_dir_all(world.mail_folder()).unwrap();
    world.advance(TimeDelta::seconds(31));
    world.hands.send().await.unwrap();
    assert_eq!((world.states(&campaign).await, world.mails().len()), (vec![(Sent, 1)], 1));
}
