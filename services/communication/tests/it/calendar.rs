use arki_proto::communication::v1 as pb;
use arki_proto::google::r#type::Date;
use arki_test_support::{fields, on_each_database, refused, told};
use chrono::DateTime;
use tonic::Code;

use crate::world::{World, campaign, message};

on_each_database!(
    what_went_and_what_will_go_stand_in_one_calendar,
    days_are_read_in_the_zone_that_is_asked_for,
    what_does_not_run_does_not_come,
    a_span_that_is_none_or_too_long_is_refused,
);

fn span(from: (i32, i32, i32), to: (i32, i32, i32), zone: &str) -> pb::ListOccurrencesRequest {
    let date = |(year, month, day)| Some(Date { year, month, day });
    pb::ListOccurrencesRequest { from: date(from), to: date(to), time_zone: zone.to_owned() }
}

async fn times(world: &World, request: pb::ListOccurrencesRequest) -> Vec<(String, i64, i64)> {
    let listed = world.client().list_occurrences(world.asks(request)).await.unwrap().into_inner();
    let time = |it: &pb::Occurrence| {
        let time = it.time.unwrap();
        DateTime::from_timestamp(time.seconds, 0).unwrap().format("%m-%dT%H:%MZ").to_string()
    };
    listed.occurrences.iter().map(|it| (time(it), it.recipients, it.sent)).collect()
}

async fn what_went_and_what_will_go_stand_in_one_calendar(world: World) {
    world.employee("Ann", None, "Europe/Helsinki");
    world.employee("Bo", None, "Europe/Helsinki");
    world.tells("2026-11-23T09:00", "FREQ=WEEKLY;COUNT=3").await;
    world.set_time("2026-11-23T07:00:00Z");
    world.plans_and_sends().await;
    let all = times(&world, span((2026, 11, 1), (2026, 12, 31), "")).await;
    assert_eq!(
        all,
        [("11-23T07:00Z".into(), 2, 2), ("11-30T07:00Z".into(), 0, 0), ("12-07T07:00Z".into(), 0, 0)]
    );
}

async fn days_are_read_in_the_zone_that_is_asked_for(world: World) {
    world.tells("2026-11-23T09:00", "FREQ=DAILY;COUNT=3").await;
    let tokyo = times(&world, span((2026, 11, 24), (2026, 11, 25), "Asia/Tokyo")).await;
    assert_eq!(tokyo, [("11-24T00:00Z".into(), 0, 0)]);
    let at_home = times(&world, span((2026, 11, 24), (2026, 11, 25), "")).await;
    assert_eq!(at_home, [("11-24T07:00Z".into(), 0, 0)]);
}

async fn what_does_not_run_does_not_come(world: World) {
    let message = world.creates_message(message()).await;
    world.creates_campaign(campaign(&message.name, "2026-11-23T09:00", "")).await;
    let active = world.tells("2026-11-24T09:00", "").await;
    world.pauses(&active).await;
    assert_eq!(times(&world, span((2026, 11, 1), (2026, 12, 31), "UTC")).await, []);
    world.activates(&active).await;
    assert_eq!(times(&world, span((2026, 11, 1), (2026, 12, 31), "UTC")).await.len(), 1);
}

async fn a_span_that_is_none_or_too_long_is_refused(world: World) {
    for (request, field) in [
        (span((2026, 11, 2), (2026, 11, 2), "UTC"), "to"),
        (span((2026, 11, 2), (2026, 11, 1), "UTC"), "to"),
        (span((2026, 1, 1), (2027, 2, 6), "UTC"), "to"),
        (span((2026, 2, 30), (2026, 3, 1), "UTC"), "from"),
        (span((2026, 11, 1), (2026, 11, 2), "Europe/Atlantis"), "time_zone"),
    ] {
        let refusal = refused(world.client().list_occurrences(world.asks(request)).await);
        assert_eq!(
            (told(&refusal), fields(&refusal)),
            ((Code::InvalidArgument, "INVALID_FIELDS".into()), vec![field.into()])
        );
    }
    assert_eq!(times(&world, span((2026, 1, 1), (2027, 2, 5), "UTC")).await, []);
}
