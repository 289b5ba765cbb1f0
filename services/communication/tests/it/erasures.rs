//! Forgetting recipients: their deliveries and the letters that lie in the folder.

use std::sync::Arc;

use arki_events::{Bus, Envelope, InProcess, Payload};
use arki_ids::{ErasureId, EventId, PersonId};
use arki_proto::communication::v1::DeliveryState::Sent;
use arki_proto::event::v1::{ErasureConfirmed, PersonErased};
use arki_test_support::{PATIENCE, Recorder, eventually, on_each_database};
use chrono::TimeDelta;
use prost::Message;
use tokio::time::Instant;

use crate::world::World;

on_each_database!(
    letters_and_deliveries_go_with_the_person,
    a_letter_on_its_way_is_waited_for_and_a_draft_that_was_left_goes_too,
);

fn erased(world: &World, person: PersonId) -> Envelope {
    let message = PersonErased {
        erasure: ErasureId::generate().name(),
        person: person.name(),
        merged: vec![PersonId::generate().name()],
    };
    Envelope {
        id: EventId::generate().to_string(),
        tenant: world.tenant,
        subject: PersonErased::SUBJECT.to_owned(),
        aggregate: person.name(),
        time: world.now(),
        traceparent: None,
        payload: message.encode_to_vec().into(),
        replay: false,
    }
}

async fn letters_and_deliveries_go_with_the_person(world: World) {
    let (ann, bo) =
        (world.employee("Ann", None, "Europe/Helsinki"), world.employee("Bo", None, "Europe/Helsinki"));
    let campaign = world.tells("2026-11-23T09:00", "FREQ=DAILY;COUNT=2").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    assert_eq!(world.mails().iter().filter(|mail| mail.contains("ann@example.org")).count(), 1);

    let bus = Arc::new(InProcess::new());
    let heard = Recorder::on(&*bus, &["arki.directory.>"]).await;
    let (ctx, _running) = world.builds(bus.clone()).await;
    let event = erased(&world, ann);
    for _ in 0..2 {
        bus.publish(event.clone()).await.unwrap();
    }
    let confirmed = heard.of_kind::<ErasureConfirmed>(1).await;
    assert_eq!((confirmed.len(), confirmed[0].service.as_str()), (1, "communication"));
    assert!(confirmed[0].rows.iter().any(|one| one.kind == "delivery" && one.rows >= 1));
    assert!(world.mails().iter().all(|mail| !mail.contains("ann@example.org")));
    let left = world.deliveries(&campaign).await;
    assert!(left.iter().all(|delivery| delivery.person != ann.name()));
    assert!(left.iter().any(|delivery| delivery.person == bo.name() && delivery.state() == Sent));
    ctx.tasks.shutdown(Instant::now() + PATIENCE).await.unwrap();
}

async fn a_letter_on_its_way_is_waited_for_and_a_draft_that_was_left_goes_too(world: World) {
    let ann = world.employee("Ann", None, "Europe/Helsinki");
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-22T19:00:00Z");
    world.hands.plan().await.unwrap();
    world.set_time("2026-11-23T07:00:00Z");
    let delivery = world.delivery(&campaign, ann).await;
    let id = delivery.name.rsplit('/').next().unwrap().to_owned();
    world.directory.hold_people();
    {
        let dies = world.hands.send();
        tokio::pin!(dies);
        tokio::select! {
            _ = &mut dies => panic!("it had to wait"),
            () = eventually("it has claimed", async || world.directory.waiting() == 1) => {}
        }
    }
    let draft = world.mail_folder().join(format!(".{id}.00112233"));
    std::fs::write(&draft, "half a letter to ann@example.org").unwrap();
    let bus = Arc::new(InProcess::new());
    let (ctx, _running) = world.builds(bus.clone()).await;
    let event = erased(&world, ann);
    assert!(bus.publish(event.clone()).await.is_err(), "a sender has the letter in hand");
    assert!(draft.exists());
    // The sender is gone; its claim ends, and whoever takes it over comes to an end too.
    world.directory.let_go();
    world.advance(TimeDelta::seconds(61));
    eventually("it is forgotten", async || bus.publish(event.clone()).await.is_ok()).await;
    assert!(!draft.exists());
    assert!(world.deliveries(&campaign).await.is_empty() && world.mails().is_empty());
    ctx.tasks.shutdown(Instant::now() + PATIENCE).await.unwrap();
}
