//! Deliveries that were kept long enough, with their letters, and the numbers that stay.

use std::sync::Arc;

use arki_events::{Bus, Envelope, InProcess, Payload};
use arki_ids::{EventId, PurgeId};
use arki_proto::communication::v1 as pb;
use arki_proto::event::v1::{PurgeConfirmed, PurgeCutoffs, PurgeDue};
use arki_rpc::time::timestamp;
use arki_test_support::{PATIENCE, Recorder, on_each_database};
use chrono::{DateTime, Utc};
use prost::Message;
use sea_orm::FromQueryResult;
use tokio::time::Instant;
use tonic::Request;

use crate::world::{World, campaign, files, message};

on_each_database!(
    old_deliveries_go_with_their_letters_and_every_number_stays,
    what_a_pause_holds_keeps_its_occurrence,
    many_deliveries_go_in_parts_and_each_once,
);

fn due(world: &World, before: &str) -> (PurgeDue, Envelope) {
    let time = Some(timestamp(before.parse::<DateTime<Utc>>().unwrap()));
    let due = PurgeDue {
        purge: PurgeId::generate().name(),
        service: String::new(),
        part: 0,
        after: String::new(),
        cutoffs: Some(PurgeCutoffs {
            link_time: time,
            answer_time: time,
            comment_time: time,
            contact_time: time,
            delivery_time: time,
        }),
    };
    let envelope = Envelope {
        id: EventId::generate().to_string(),
        tenant: world.tenant,
        subject: PurgeDue::SUBJECT.to_owned(),
        aggregate: due.purge.clone(),
        time: world.now(),
        traceparent: None,
        payload: due.encode_to_vec().into(),
        replay: false,
    };
    (due, envelope)
}

#[derive(FromQueryResult)]
struct Confirmed {
    parts: i64,
}

/// Has the directory say that everything of before a time is to go, and gives what was confirmed, part by part.
async fn purged(world: &World, before: &str) -> Vec<PurgeConfirmed> {
    let bus = Arc::new(InProcess::new());
    let heard = Recorder::on(&*bus, &["arki.directory.>"]).await;
    let (ctx, _running) = world.builds(bus.clone()).await;
    let (due, envelope) = due(world, before);
    bus.publish(envelope.clone()).await.unwrap();
    let mut wanted = 1;
    let parts = loop {
        let parts = heard.of_kind::<PurgeConfirmed>(wanted).await;
        if parts.iter().any(|part| part.is_done) {
            break parts;
        }
        wanted = parts.len() + 1;
    };
    // A process that is stopped after the commit is told again.
    bus.publish(envelope).await.unwrap();
    let confirmed = format!(
        "SELECT count(*) AS parts FROM outbox \
         WHERE subject = 'arki.directory.purge.confirmed' AND aggregate = '{}'",
        due.purge
    );
    let confirmed = world.rows::<Confirmed>(&confirmed).await.remove(0).parts;
    assert_eq!(confirmed, i64::try_from(parts.len()).unwrap(), "nothing is confirmed twice");
    assert!(parts.iter().all(|part| part.purge == due.purge && part.service == "communication"));
    ctx.tasks.shutdown(Instant::now() + PATIENCE).await.unwrap();
    parts
}

fn rows(parts: &[PurgeConfirmed], kind: &str) -> i64 {
    parts.iter().flat_map(|part| &part.rows).filter(|one| one.kind == kind).map(|one| one.rows).sum()
}

async fn understanding(world: &World, message: &str) -> pb::GetUnderstandingResponse {
    let request = pb::GetUnderstandingRequest { message: message.to_owned() };
    world.client().get_understanding(world.asks(request)).await.unwrap().into_inner()
}

/// The tokens of the links in all mails.
fn tokens(world: &World) -> Vec<String> {
    let token = |mail: String| {
        let rest = mail.split("https://arki.example.org/m/").nth(1).unwrap().to_owned();
        rest.split_whitespace().next().unwrap().to_owned()
    };
    world.mails().into_iter().map(token).collect()
}

async fn answers(world: &World, token: &str) -> Result<bool, tonic::Status> {
    let request = pb::AnswerComprehensionRequest {
        token: token.to_owned(),
        option: "one".to_owned(),
        request_id: String::new(),
    };
    Ok(world.client().answer_comprehension(Request::new(request)).await?.into_inner().replayed)
}

async fn old_deliveries_go_with_their_letters_and_every_number_stays(world: World) {
    let unit = world.unit("Counters", None);
    for number in 0..12 {
        world.employee(&format!("P{number}"), Some(unit), "Europe/Helsinki");
    }
    let told = world.creates_message(message()).await;
    let first = world.creates_campaign(campaign(&told.name, "2026-11-23T09:00", "")).await;
    world.activates(&first).await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    for token in tokens(&world) {
        answers(&world, &token).await.unwrap();
    }
    // The same message to the same people a year later.
    world.set_time("2027-11-22T12:00:00Z");
    let second = world.creates_campaign(campaign(&told.name, "2027-11-23T09:00", "")).await;
    world.activates(&second).await;
    world.set_time("2027-11-23T07:00:00Z");
    world.plans_and_sends().await;
    let before = understanding(&world, &told.name).await;
    assert_eq!((world.deliveries(&first).await.len(), world.mails().len()), (12, 24));

    let parts = purged(&world, "2027-01-01T00:00:00Z").await;
    assert_eq!((rows(&parts, "delivery"), rows(&parts, "reader")), (12, 0), "they still have the other one");
    assert!(world.deliveries(&first).await.is_empty());
    assert_eq!((world.deliveries(&second).await.len(), world.mails().len()), (12, 12));
    assert_eq!(understanding(&world, &told.name).await, before);
    let again = tokens(&world).remove(0);
    assert!(answers(&world, &again).await.is_err(), "nobody answers twice");

    let parts = purged(&world, "2027-11-23T07:00:00Z").await;
    assert_eq!(rows(&parts, "delivery"), 0, "what is as old as the cutoff stays");
    let parts = purged(&world, "2028-01-01T00:00:00Z").await;
    assert_eq!((rows(&parts, "delivery"), rows(&parts, "reader")), (12, 12));
    assert!(world.mails().is_empty() && files(&world.mail_folder()).is_empty());
    assert_eq!(understanding(&world, &told.name).await, before);
}

async fn what_a_pause_holds_keeps_its_occurrence(world: World) {
    world.employee("Ann", None, "Europe/Helsinki");
    world.employee("Bo", None, "America/New_York");
    let told = world.tells("2026-11-23T09:00", "").await;
    // Ann has got it, Bo's morning has not come.
    world.set_time("2026-11-23T08:00:00Z");
    world.plans_and_sends().await;
    world.pauses(&told).await;
    assert_eq!(world.deliveries(&told).await.len(), 2);
    let parts = purged(&world, "2028-01-01T00:00:00Z").await;
    assert_eq!(rows(&parts, "delivery"), 0, "what is planned anew must find who has got it");

    // His morning comes and finds it paused, so that it is held; then nobody goes on with it.
    world.set_time("2026-11-23T15:00:00Z");
    world.plans_and_sends().await;
    world.ends(&told).await;
    world.plans_and_sends().await;
    let parts = purged(&world, "2028-01-01T00:00:00Z").await;
    assert_eq!(rows(&parts, "delivery"), 2, "nothing is planned of a campaign that was ended");
}

async fn many_deliveries_go_in_parts_and_each_once(world: World) {
    world.staff(2_100);
    let told = world.tells("2026-11-23T09:00", "").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    let before = understanding(&world, &told.message).await;
    let parts = purged(&world, "2027-01-01T00:00:00Z").await;
    let numbers: Vec<_> = parts.iter().map(|part| (part.part, part.is_done)).collect();
    assert_eq!(numbers, [(0, false), (1, true)]);
    assert_eq!(rows(&parts, "delivery"), 2_100);
    assert_eq!(rows(&parts[..1], "delivery"), 2_000);
    assert!(world.mails().is_empty());
    assert_eq!(understanding(&world, &told.message).await, before);
    let parts = purged(&world, "2027-01-01T00:00:00Z").await;
    assert_eq!((parts.len(), rows(&parts, "delivery")), (1, 0));
}
