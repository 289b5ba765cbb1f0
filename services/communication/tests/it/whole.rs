//! The service as a process has it: built, with its workers running.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arki_events::{Bus, Envelope, Error, InProcess, Sink};
use arki_proto::communication::v1 as pb;
use arki_proto::communication::v1::DeliveryState::Sent;
use async_trait::async_trait;
use tokio::time::Instant;
use tonic::Request;

use crate::world::{World, until};

#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

#[async_trait]
impl Sink for Heard {
    async fn deliver(&self, event: Envelope) -> Result<(), Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.subject);
        Ok(())
    }
}

impl Heard {
    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

crate::on_each_database! {
    async fn what_is_due_goes_out_by_itself_and_what_is_in_hand_is_finished_at_the_end(world: World) {
        for number in 0..30 {
            world.directory.employee(world.tenant, &format!("P{number}"), None, "Europe/Helsinki");
        }
        let campaign = world.tells("2026-11-23T09:00", "").await;
        world.set_time("2026-11-23T07:00:00Z");
        let (bus, heard) = (Arc::new(InProcess::new()), Arc::new(Heard::default()));
        bus.subscribe("test", &["arki.communication.>"], Arc::clone(&heard) as Arc<dyn Sink>).await.unwrap();
        let (ctx, running) = world.builds(bus).await;
        running.readiness.ready().await.unwrap();
        until("every mail lies in its folder", || world.mails().len() == 30).await;
        for mail in world.mails().iter().take(5) {
            let token = mail.split("/m/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
            let request = pb::AnswerComprehensionRequest { token, option: "one".into(), request_id: String::new() };
            world.client().answer_comprehension(Request::new(request)).await.unwrap();
        }
        until("the other services have heard of a batch", || heard.count() == 5).await;
        ctx.tasks.shutdown(Instant::now() + Duration::from_secs(10)).await.unwrap();
        assert_eq!(world.states(&campaign).await, [(Sent, 30)]);
    }

    async fn a_configuration_that_can_not_be_meant_stops_the_start(world: World) {
        for (spoil, key) in [
            (|config| config.public_url = "arki.example.org".to_owned(), "communication.public_url"),
            (|config| config.mail.from = "nobody".to_owned(), "communication.mail.from"),
            (|config| config.mail.folder = std::path::PathBuf::new(), "communication.mail.folder"),
            (|config| config.sender.batch = 501, "communication.sender.batch"),
            (|config| config.database.url = "mysql://localhost/x".to_owned(), "communication.database"),
        ] as [(fn(&mut arki_communication::Config), &str); 5] {
            let refused = world.fails_to_start_with(spoil).await;
            assert!(refused.contains(key), "{key}: {refused}");
        }
    }
}
