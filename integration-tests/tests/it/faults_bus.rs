//! The event bus away for a while, in six processes: nobody is refused for it, operators hear of it, and everything that
//! was acknowledged reaches its consumers once.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::Result;
use arki_integration_tests::{Suite, Wiring};
use serde_json::json;

use crate::faults_load::{
    Asked, Behind, all_acknowledged, asked, counted, create_unit, create_units, respond,
};

const PEOPLE: usize = 300;

/// How many answers have been acknowledged when the bus goes away.
const BEFORE: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_was_killed_held_up_nothing_and_missed_nothing() {
    let Some(suite) = Suite::start(Wiring::Six).await.unwrap() else { return };
    Box::pin(away_for_a_while(suite, Outage::Killed)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_froze_held_up_nothing_and_missed_nothing() {
    let Some(suite) = Suite::start(Wiring::Six).await.unwrap() else { return };
    Box::pin(away_for_a_while(suite, Outage::Frozen)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_lost_its_store_is_filled_again() {
    let Some(suite) = Suite::start(Wiring::Six).await.unwrap() else { return };
    Box::pin(store_lost(suite)).await.unwrap();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outage {
    Killed,
    Frozen,
}

const BUS_USERS: [&str; 5] = ["directory", "survey", "scorecard", "goal", "communication"];

async fn away_for_a_while(suite: Suite, outage: Outage) -> Result<()> {
    let api = suite.api();
    let asked = asked(&api, PEOPLE).await?;
    create_units(&api, 0..5).await?;

    // The bus goes away in the middle of the answers, and none of them notices.
    let (suite, answered) = (Mutex::new(suite), AtomicUsize::new(0));
    let outcomes = respond(&api, &asked.tokens, 0..PEOPLE, |_| {
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE {
            let mut suite = suite.lock().unwrap();
            let process = suite.bus().unwrap().process();
            match outage {
                Outage::Killed => process.kill().unwrap(),
                Outage::Frozen => process.signal("-STOP").unwrap(),
            }
        }
    })
    .await;
    all_acknowledged(&outcomes)?;
    let mut suite = suite.into_inner().unwrap();

    // Operators hear of it; whoever decides where calls go does not turn anybody away for it.
    for service in BUS_USERS {
        let (_, said) = suite.readyz_until(service, |status, _| status == 503).await?;
        assert_eq!(said, "the event bus is unavailable: not connected to NATS", "{service}");
        assert_eq!(suite.readyz(&format!("{service}?exclude=bus")).await?, (200, "ok".to_owned()));
    }
    assert_eq!(suite.readyz("gateway").await?.0, 200);

    // Everything goes on to be acknowledged.
    create_units(&api, 5..15).await?;
    let closed = api.post(&format!("/v1/{}:close", asked.wave), &json!({})).await?.ok()?;
    assert_eq!(closed["responses"], PEOPLE.to_string());
    let behind = Behind::of(&suite).await?;
    let waiting = behind.waiting(&["directory", "survey"]).await?;
    assert!(waiting["directory"] >= 10 && waiting["survey"] >= 1, "events went somewhere: {waiting:?}");

    match outage {
        Outage::Killed => suite.bus()?.restart()?,
        Outage::Frozen => suite.bus()?.process().signal("-CONT")?,
    }
    suite.wait_until_ready().await?;
    everything_arrived(&suite, &behind, &asked, 15).await
}

async fn store_lost(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let asked = asked(&api, PEOPLE).await?;
    create_units(&api, 0..5).await?;
    let behind = Behind::of(&suite).await?;
    behind.drained().await?;

    // The scorecard hears nothing for a while, so that what the bus has taken meanwhile is nowhere but in the outboxes
    // when its store is lost.
    let scorecard = |suite: &mut Suite, signal| suite.process("arki-scorecard").unwrap().signal(signal);
    scorecard(&mut suite, "-STOP")?;
    all_acknowledged(&respond(&api, &asked.tokens, 0..PEOPLE, |_| {}).await)?;
    create_units(&api, 5..10).await?;
    api.post(&format!("/v1/{}:close", asked.wave), &json!({})).await?.ok()?;
    behind.told(&["directory", "survey"]).await?;
    suite.bus()?.process().kill()?;
    suite.bus()?.lose_store()?;
    scorecard(&mut suite, "-CONT")?;
    create_units(&api, 10..15).await?;

    suite.bus()?.restart()?;
    suite.wait_until_ready().await?;
    everything_arrived(&suite, &behind, &asked, 15).await
}

/// Every unit is known to the scorecard and every answer counted, each once.
async fn everything_arrived(suite: &Suite, behind: &Behind, asked: &Asked, units: usize) -> Result<()> {
    let api = suite.api();
    behind.drained().await?;
    assert_eq!(counted(&api, asked).await?, PEOPLE as u64, "answers were lost or counted twice");
    // A retry of what was acknowledged in the outage is the same unit, not another one.
    let again = create_unit(&api, units - 1).await?.ok()?;
    let listed = api.get("/v1/units?pageSize=1000").await?.ok()?;
    let listed = listed["units"].as_array().unwrap();
    assert_eq!(listed.iter().filter(|unit| unit["name"] == again["name"]).count(), 1);
    assert_eq!(listed.len(), units);
    Ok(())
}
