//! A CRM tells of customers in batches and by webhook, while the line to PostgreSQL is cut, hangs, and is cut off right after
//! commits: what was acknowledged is there, each once, and a batch that is sent again hears its first answer.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{
    Suite, Wiring,
    api::{Api, Reply},
    servers::Postgres,
    suite::Wishes,
};
use futures::future::{join, try_join};
use futures::{StreamExt as _, TryStreamExt as _};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;

use crate::crm::{Hook, SECRET, contacts, hook, hubspot, now, settled_within};
use crate::faults_line::{Line, Meant, State};
use crate::faults_load::Behind;

const BATCHES: usize = 60;
const PEOPLE: usize = 25;
const EVENTS: usize = 60;

/// Calls under way at once, of each sort.
const CLIENTS: usize = 4;

/// How often something happens to the line at most.
const SHAKES: usize = 25;

/// In the address of everybody, so that the transactions are known that write of them.
const MARK: &str = "shaken";

/// A client of a CRM goes on for so long; what was being applied waits for the end of its claim, a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// A queue that is full, a database that is away, a call that took too long: what says to come again.
const COME_AGAIN: [u16; 3] = [429, 503, 504];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crm_tells_over_a_bad_line_to_the_database_is_there_once() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    let line = Line::to(&postgres.url(), Meant::Saying(MARK)).await.unwrap();
    let wishes = Wishes { postgres: Some(line.url.clone()), ..Wishes::default() };
    let Some(suite) = Suite::start_with(Wiring::Six, wishes).await.unwrap() else { return };
    let given = std::env::var("ARKI_FAULT_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or_else(rand::random);
    eprintln!("seed {seed}; with ARKI_FAULT_SEED={seed} the line is shaken alike");
    Box::pin(bad_line(suite, line, seed)).await.with_context(|| format!("seed {seed}")).unwrap();
    drop(postgres);
}

async fn bad_line(mut suite: Suite, line: Line, seed: u64) -> Result<()> {
    let api = suite.api();
    let hook = hook(&api, "INTAKE_PROVIDER_HUBSPOT", "", contacts()).await?;
    let mut random = StdRng::seed_from_u64(seed);
    let is_over = AtomicBool::new(false);
    // At least these, however fast the burst is.
    line.cut_off(2);
    let told = async {
        let batches = futures::stream::iter(0..BATCHES).map(|number| batch(&api, number));
        let events = futures::stream::iter(0..EVENTS).map(|number| event(&suite, &hook, number));
        let told = try_join(
            batches.buffer_unordered(CLIENTS).try_collect::<Vec<usize>>(),
            events.buffer_unordered(CLIENTS).try_collect::<Vec<usize>>(),
        );
        let told = told.await;
        is_over.store(true, Ordering::SeqCst);
        told
    };
    let (told, ()) = join(told, shake(&line, &mut random, &is_over)).await;
    let (batches, events) = told?;
    let refused: usize = batches.iter().chain(&events).sum();
    eprintln!("{} commits were cut off, {refused} calls were refused", line.was_cut_off());
    ensure!(line.was_cut_off() > 0, "no commit was cut off");

    suite.wait_until_ready().await?;
    suite.process("arki-directory").context("no such process")?.must_run()?;
    settled_within(&api, &hook, PATIENCE).await?;
    let found = everybody_is_there_once(&suite, &api, &hook).await;
    // Before the line and the server, since the suite removes its database from it.
    drop(suite);
    found
}

/// Does to the line what comes to mind, and leaves it whole.
async fn shake(line: &Line, random: &mut StdRng, is_over: &AtomicBool) {
    let pause = |milliseconds: u64| tokio::time::sleep(Duration::from_millis(milliseconds));
    for _ in 0..SHAKES {
        pause(random.random_range(20..200)).await;
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        match random.random_range(0..3) {
            0 => line.cut_off(random.random_range(1..4)),
            1 => {
                line.turn(State::Cut);
                pause(random.random_range(10..500)).await;
            }
            _ => {
                line.turn(State::Held);
                pause(random.random_range(10..1_500)).await;
            }
        }
        line.turn(State::Open);
    }
    line.turn(State::Open);
    line.cut_off(0);
}

/// Calls until it is acknowledged, as a client does that was told to come again. Tells how often it was.
async fn until_acknowledged<F>(call: impl Fn() -> F) -> Result<(Reply, usize)>
where
    F: Future<Output = Result<Reply>>,
{
    let began = Instant::now();
    let mut refused = 0;
    loop {
        let reply = call().await?;
        if reply.status.is_success() {
            return Ok((reply, refused));
        }
        ensure!(COME_AGAIN.contains(&reply.status.as_u16()), "{}: {}", reply.status, reply.body);
        ensure!(began.elapsed() < PATIENCE, "refused for {PATIENCE:?}: {}", reply.body);
        refused += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Sends a batch of people who are new. Whenever its answer comes, it is the first one.
async fn batch(api: &Api, number: usize) -> Result<usize> {
    let person = |place: usize| {
        json!({
            "externalId": format!("{number}-{place}"),
            "displayName": "Aino Esimerkki",
            "email": format!("{MARK}-{number}-{place}@example.com"),
        })
    };
    let people: Vec<_> = (0..PEOPLE).map(person).collect();
    let body = json!({"source": "crm", "people": people, "requestId": format!("batch-{number}")});
    let (reply, refused) = until_acknowledged(|| api.post("/v1/people:batchUpsert", &body)).await?;
    let results = reply.body["results"].as_array().into_iter().flatten();
    let created = results.filter(|result| result["state"] == "UPSERT_STATE_CREATED").count();
    ensure!(created == PEOPLE, "batch {number} did not hear its first answer: {}", reply.body);
    Ok(refused)
}

/// Tells of somebody by webhook, and every other time once more, as HubSpot may.
async fn event(suite: &Suite, hook: &Hook, number: usize) -> Result<usize> {
    let told = json!([{
        "eventId": number + 1, "portalId": 1, "occurredAt": now() - 60_000, "objectId": number + 1,
        "subscriptionType": "contact.propertyChange", "propertyName": "email",
        "propertyValue": format!("{MARK}-{number}@example.org"),
    }]);
    let body = told.to_string();
    let mut refused = 0;
    for _ in 0..=number % 2 {
        refused += until_acknowledged(|| hubspot(suite, &hook.path, &body, SECRET, now())).await?.1;
    }
    Ok(refused)
}

async fn everybody_is_there_once(suite: &Suite, api: &Api, hook: &Hook) -> Result<()> {
    let (mut keys, mut count, mut token) = (BTreeSet::new(), 0, String::new());
    loop {
        let page = api.get(&format!("/v1/people?pageSize=1000&pageToken={token}")).await?.ok()?;
        for person in page["people"].as_array().into_iter().flatten() {
            ensure!(person["etag"] == "1", "somebody was written twice: {person}");
            keys.insert(format!("{} {}", person["source"], person["externalId"]));
            count += 1;
        }
        token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    let expected = BATCHES * PEOPLE + EVENTS;
    ensure!((count, keys.len()) == (expected, expected), "{count} people of {} keys", keys.len());
    let log = api.get(&format!("/v1/{}/deliveries?pageSize=1000", hook.name)).await?.ok()?;
    let deliveries = log["intakeDeliveries"].as_array().map(Vec::len);
    ensure!(deliveries == Some(EVENTS), "{deliveries:?} deliveries of {EVENTS} events");
    // What others are told of it is told.
    Behind::of(suite).await?.told(&["directory"]).await
}
