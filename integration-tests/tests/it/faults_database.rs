//! PostgreSQL away for a while, under six processes: nothing is acknowledged meanwhile, nothing that was is lost, and
//! nobody has to be restarted.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{
    Suite, Wiring,
    api::{Api, Reply},
    servers::Postgres,
    suite::Wishes,
};
use futures::future::join_all;
use serde_json::json;

use crate::faults_load::{
    Asked, Behind, Outcome, all_acknowledged, asked, counted, create_unit, create_units, respond,
};

const PEOPLE: usize = 110;

/// How many answers have been acknowledged when the database goes away.
const BEFORE: usize = 60;

/// A refusal takes no longer than a pool waits for a connection, twice where it stood behind a group that waited too:
/// less than a second, and the way there and back on a busy machine.
const BOUND: Duration = Duration::from_secs(4);

const SERVICES: [&str; 5] = ["directory", "survey", "scorecard", "goal", "communication"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashed_acknowledged_nothing_meanwhile_and_lost_nothing() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    let wishes = Wishes { postgres: Some(postgres.url()), ..Wishes::default() };
    let Some(suite) = Suite::start_with(Wiring::Six, wishes).await.unwrap() else { return };
    Box::pin(crashes(suite, postgres)).await.unwrap();
}

async fn crashes(mut suite: Suite, postgres: Postgres) -> Result<()> {
    let api = suite.api();
    let asked = asked(&api, PEOPLE).await?;
    create_units(&api, 0..5).await?;

    // In the middle of the answers, so that commits are under way.
    let (postgres, answered) = (Mutex::new(postgres), AtomicUsize::new(0));
    let outcomes = respond(&api, &asked.tokens, 0..PEOPLE, |_| {
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == BEFORE {
            postgres.lock().unwrap().crash().unwrap();
        }
    })
    .await;
    let mut postgres = postgres.into_inner().unwrap();
    let acknowledged = only_acknowledged_or_unavailable(&outcomes)?;
    while_it_is_away(&suite, &api).await?;

    postgres.restart()?;
    let restarted = Instant::now();
    suite.wait_until_ready().await?;
    eprintln!("ready {:?} after the database came back", restarted.elapsed());
    for service in SERVICES {
        suite.process(&format!("arki-{service}")).context("no such process")?.must_run()?;
    }
    create_units(&api, 5..10).await?;
    let compared = everything_is_there_once(&suite, &api, &asked, &acknowledged).await;
    // Before the server, since the suite removes its database from it.
    drop(suite);
    compared
}

/// Every answer was either acknowledged or refused in time, by the reason that tells to try again.
fn only_acknowledged_or_unavailable(outcomes: &[Outcome]) -> Result<BTreeSet<usize>> {
    let mut slowest = Duration::ZERO;
    for Outcome { place, reply, took } in outcomes.iter().filter(|outcome| !outcome.is_acknowledged()) {
        let reply = reply.as_ref().map_err(|error| anyhow::anyhow!("{place}: {error:#}"))?;
        is_unavailable(reply, *took).with_context(|| format!("answer {place}"))?;
        slowest = slowest.max(*took);
    }
    let acknowledged: BTreeSet<_> =
        outcomes.iter().filter(|outcome| outcome.is_acknowledged()).map(|outcome| outcome.place).collect();
    let (good, all) = (acknowledged.len(), outcomes.len());
    eprintln!("{good} of {all} answers were acknowledged; the slowest refusal took {slowest:?}");
    ensure!(good >= BEFORE && good < all, "the crash came too late: {good} of {all}");
    Ok(acknowledged)
}

fn is_unavailable(reply: &Reply, took: Duration) -> Result<()> {
    let said = (reply.status.as_u16(), reply.reason());
    ensure!(said == (503, "UNAVAILABLE"), "{said:?}: {}", reply.body);
    ensure!(reply.headers.contains_key("retry-after"), "no word when to try again");
    ensure!(took < BOUND, "it took {took:?} to say so");
    Ok(())
}

async fn while_it_is_away(suite: &Suite, api: &Api) -> Result<()> {
    let began = Instant::now();
    for said in join_all(SERVICES.map(|service| suite.readyz(service))).await {
        let (status, text) = said?;
        assert_eq!(status, 503, "{text}");
    }
    assert!(began.elapsed() < BOUND, "operators waited {:?}", began.elapsed());
    assert_eq!(suite.readyz("survey?exclude=bus").await?.0, 503);
    // The edge keeps nothing that could be out of order.
    assert_eq!(suite.readyz("gateway").await?.0, 200);
    let began = Instant::now();
    is_unavailable(&create_unit(api, 5).await?, began.elapsed()).context("a write")?;
    let began = Instant::now();
    is_unavailable(&api.get("/v1/units").await?, began.elapsed()).context("a read")?;
    Ok(())
}

async fn everything_is_there_once(
    suite: &Suite,
    api: &Api,
    asked: &Asked,
    acknowledged: &BTreeSet<usize>,
) -> Result<()> {
    // Everybody sends the same answer again: those who were told that it is there must hear so.
    let again = respond(api, &asked.tokens, 0..PEOPLE, |_| {}).await;
    all_acknowledged(&again)?;
    for Outcome { place, reply, .. } in &again {
        let replayed = reply.as_ref().is_ok_and(|reply| reply.body["replayed"] == true);
        ensure!(replayed || !acknowledged.contains(place), "answer {place} was acknowledged and is gone");
    }
    let closed = api.post(&format!("/v1/{}:close", asked.wave), &json!({})).await?.ok()?;
    assert_eq!(closed["responses"], PEOPLE.to_string(), "counted twice or lost");
    Behind::of(suite).await?.drained().await?;
    assert_eq!(counted(api, asked).await?, PEOPLE as u64, "counted twice or lost on the way");
    let units = api.get("/v1/units?pageSize=1000").await?.ok()?;
    assert_eq!(units["units"].as_array().map(Vec::len), Some(10));
    Ok(())
}
