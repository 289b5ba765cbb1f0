//! The service as a process has it: built, with its workers running.

use std::sync::Arc;

use arki_events::InProcess;
use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::DeliveryState::Sent;
use arki_proto::event::v1::MessageUnderstood;
use arki_test_support::{PATIENCE, Recorder, eventually, on_each_database};
use tokio::time::Instant;
use tonic::Request;

use crate::world::World;

on_each_database!(
    what_is_due_goes_out_by_itself_and_what_is_in_hand_is_finished_at_the_end,
    a_configuration_that_can_not_be_meant_stops_the_start,
);

async fn what_is_due_goes_out_by_itself_and_what_is_in_hand_is_finished_at_the_end(world: World) {
    world.staff(30);
    let campaign = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    let bus = Arc::new(InProcess::new());
    let heard = Recorder::on(&*bus, &["arki.communication.>"]).await;
    let (ctx, running) = world.builds(bus).await;
    running.readiness.ready().await.unwrap();
    eventually("every mail lies in its folder", async || world.mails().len() == 30).await;
    for mail in world.mails().iter().take(5) {
        let token = mail.split("/m/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        let request =
            pb::AnswerComprehensionRequest { token, option: "one".into(), request_id: String::new() };
        world.client().answer_comprehension(Request::new(request)).await.unwrap();
    }
    // The other services hear of a batch.
    heard.of_kind::<MessageUnderstood>(5).await;
    assert_eq!(heard.all().len(), 5);
    ctx.tasks.shutdown(Instant::now() + PATIENCE).await.unwrap();
    assert_eq!(world.states(&campaign).await, [(Sent, 30)]);
}

async fn a_configuration_that_can_not_be_meant_stops_the_start(world: World) {
    for (spoil, key) in [
        (|config| config.public_url = "arki.example.org".to_owned(), "communication.public_url"),
        (|config| config.mail.from = "nobody".to_owned(), "communication.mail.from"),
        (|config| config.mail.folder = std::path::PathBuf::new(), "communication.mail.folder"),
        (|config| config.sender.batch = 501, "communication.sender.batch"),
        (|config| config.database.url = "mysql://localhost/x".to_owned(), "communication.database"),
    ] as [(fn(&mut arki_communication::Config), &str); 5]
    {
        let refused = world.fails_to_start_with(spoil).await;
        assert!(refused.contains(key), "{key}: {refused}");
    }
}
