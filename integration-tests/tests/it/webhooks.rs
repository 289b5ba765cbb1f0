//! Webhooks from an event of any service to a receiver, checked with the libraries of the standards.

use std::{collections::BTreeSet, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result};
use arki_integration_tests::{
    Suite, Wiring,
    receiver::{Heard, Receiver},
    tools,
};
use serde_json::{Value, json};

use crate::wirings::in_both_wirings;

in_both_wirings!(events_of_services_reach_a_receiver_and_are_verified_by_others_libraries);

const PYTHON: &[&str] = &["standardwebhooks==1.1.0", "cloudevents==2.2.0"];
const JAVASCRIPT: &[&str] = &["standardwebhooks@1.1.1", "cloudevents@10.0.0"];

async fn created(suite: &Suite, receiver: &Receiver) -> Result<(String, String)> {
    let endpoint = json!({"url": receiver.url, "eventTypes": ["*"]});
    let created = suite.api().post("/v1/webhookEndpoints", &endpoint).await?.ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("no text");
    Ok((text(&created["webhookEndpoint"]["name"])?, text(&created["secret"])?))
}

async fn unit(suite: &Suite, name: &str) -> Result<String> {
    let unit = suite.api().post("/v1/units", &json!({"displayName": name})).await?.ok()?;
    Ok(unit["name"].as_str().context("no name")?.to_owned())
}

async fn events_of_services_reach_a_receiver_and_are_verified_by_others_libraries(
    suite: Suite,
) -> Result<()> {
    // Before anything is signed: a signature is good for five minutes.
    let python = tools::python("webhooks-python", PYTHON)?;
    let folder = tools::node("webhooks-js", JAVASCRIPT)?;
    let api = suite.api();
    let receiver = Receiver::listen().await?;
    let (endpoint, secret) = created(&suite, &receiver).await?;
    let unit = unit(&suite, "Sales").await?;
    let text = json!({"byLanguage": {"en": "Nobody is left alone with a problem"}});
    let vision = api.post("/v1/visions", &json!({"statement": text})).await?.ok()?;
    let goal = json!({"vision": vision["name"], "title": text, "everydayText": text, "unit": unit});
    api.post("/v1/goals", &goal).await?.ok()?;
    api.post(&format!("/v1/{endpoint}:ping"), &json!({})).await?.ok()?;
    let wanted = ["arki.directory.unit.changed.v1", "arki.goal.goal.changed.v1", "arki.webhook.ping.v1"];
    receiver
        .until("events of two services and a ping", |heard| {
            let types: BTreeSet<_> = heard.iter().map(|one| one.attribute("type")).collect();
            wanted.iter().all(|wanted| types.contains(*wanted))
        })
        .await?;

    let log = format!("/v1/{endpoint}/deliveries?state=WEBHOOK_DELIVERY_STATE_DELIVERED");
    let listed = api
        .get_until(&log, Duration::from_secs(60), |reply| {
            reply.body["webhookDeliveries"].as_array().is_some_and(|all| all.len() >= 3)
        })
        .await?;
    assert_eq!(listed.body["webhookDeliveries"][0]["lastAttempt"]["statusCode"], 200);

    let recorded = suite.folder.path().join("webhooks.json");
    std::fs::write(&recorded, receiver.recorded(&secret).to_string())?;
    let script = tools::here("tests/clients/webhook_receiver.py");
    let count = tools::succeed(Command::new(&python).arg(script).arg(&recorded))?;
    assert!(count.trim().parse::<usize>()? >= 3);
    std::fs::copy(tools::here("tests/clients/webhook_receiver.mjs"), folder.join("webhook_receiver.mjs"))?;
    tools::succeed(Command::new("node").arg("webhook_receiver.mjs").arg(&recorded).current_dir(&folder))?;
    the_snippets_of_the_guide_run(&python, &folder, &recorded)
}

/// The receivers of the guide as they are printed there, each told everything twice.
fn the_snippets_of_the_guide_run(python: &Path, node: &Path, recorded: &Path) -> Result<()> {
    let guide = std::fs::read_to_string(tools::here("../docs/guides/receive-events.md"))?;
    let snippet = |language: &str| {
        let begin = format!("```{language}\n");
        let after = guide.split_once(&begin).and_then(|(_, rest)| rest.split_once("```"));
        after.map(|(code, _)| code.to_owned()).with_context(|| format!("the guide has no {language}"))
    };
    let of_python = format!(
        "{}\nimport json, sys\nrecorded, seen = json.load(open(sys.argv[1])), set()\n\
         for request in recorded['requests'] * 2:\n    \
         print(receive(recorded['secret'], request['headers'], request['body'].encode(), seen))\n",
        snippet("python")?
    );
    let of_javascript = format!(
        "{}\nimport {{ readFileSync }} from \"node:fs\";\n\
         const recorded = JSON.parse(readFileSync(process.argv[2], \"utf8\")), seen = new Set();\n\
         for (const {{ headers, body }} of [...recorded.requests, ...recorded.requests])\n  \
         console.log(receive(recorded.secret, headers, body, seen));\n",
        snippet("js")?
    );
    std::fs::write(node.join("guide.py"), of_python)?;
    std::fs::write(node.join("guide.mjs"), of_javascript)?;
    let said = [
        tools::succeed(Command::new(python).arg(node.join("guide.py")).arg(recorded))?,
        tools::succeed(Command::new("node").arg("guide.mjs").arg(recorded).current_dir(node))?,
    ];
    assert_eq!(said[0], said[1], "both languages read the same");
    assert!(said[0].contains("arki.directory.unit.changed.v1 about units/unt_"), "{}", said[0]);
    let again = said[0].lines().filter(|line| *line == "seen before").count();
    assert_eq!(again * 2, said[0].lines().count(), "{}", said[0]);
    Ok(())
}

/// A power cut between sending and reporting: nothing is lost, and what comes twice has the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_power_cut_while_events_are_sent_loses_none() {
    let suite = Suite::start(Wiring::Alone).await.unwrap().unwrap();
    Box::pin(cut_while_sending(suite)).await.unwrap();
}

async fn cut_while_sending(mut suite: Suite) -> Result<()> {
    let receiver = Receiver::listen().await?;
    created(&suite, &receiver).await?;
    let mut units = BTreeSet::new();
    let seed: u64 = rand::random();
    // Power is cut after so many requests have come, in each of two rounds.
    let cuts = [1 + seed % 7, 1 + (seed / 7) % 11];
    eprintln!("seed {seed}: the power is cut after {cuts:?} further requests");
    for (round, cut) in cuts.into_iter().enumerate() {
        let before = receiver.heard().len();
        for number in 0..20 {
            units.insert(unit(&suite, &format!("Unit {round} {number}")).await?);
        }
        let enough = before + usize::try_from(cut)?;
        receiver.until("the first requests", |heard| heard.len() >= enough).await?;
        suite.cut_the_power().await?;
    }
    let subjects =
        |heard: &[Heard]| heard.iter().map(|one| one.attribute("subject")).collect::<BTreeSet<_>>();
    let heard = receiver.until("every event", |heard| subjects(heard).is_superset(&units)).await?;
    let ids: BTreeSet<_> = heard.iter().map(|one| one.id().to_owned()).collect();
    assert_eq!(ids.len(), units.len(), "one id for each event, however often it came");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_endpoint_refuses_is_seen_replayed_and_recovered() {
    let suite = Suite::start(Wiring::Alone).await.unwrap().unwrap();
    Box::pin(refused_and_replayed(suite)).await.unwrap();
}

async fn refused_and_replayed(suite: Suite) -> Result<()> {
    let api = suite.api();
    let receiver = Receiver::listen().await?;
    let (endpoint, _) = created(&suite, &receiver).await?;
    receiver.answer(410);
    unit(&suite, "Gone").await?;
    let disabled = api
        .get_until(&format!("/v1/{endpoint}"), Duration::from_secs(60), |reply| {
            reply.body["enabled"] == false
        })
        .await?;
    assert_eq!(disabled.body["disabledReason"], "WEBHOOK_DISABLED_REASON_GONE");
    let dead = format!("/v1/{endpoint}/deliveries?state=WEBHOOK_DELIVERY_STATE_DEAD");
    let letters = api.get(&dead).await?.ok()?;
    let letter = &letters["webhookDeliveries"][0];
    let name = letter["name"].as_str().context("no dead letter")?;
    assert_eq!(letter["lastAttempt"]["statusCode"], 410);

    receiver.answer(200);
    api.post(&format!("/v1/{endpoint}:enable"), &json!({})).await?.ok()?;
    api.post(&format!("/v1/{name}:replay"), &json!({})).await?.ok()?;
    receiver.until("the replay", |heard| heard.iter().any(|one| one.answered == 200)).await?;
    let id = letter["eventId"].as_str().context("no id")?;
    let of_it: Vec<_> = receiver.heard().into_iter().filter(|one| one.id() == id).collect();
    assert_eq!(of_it.iter().map(|one| one.answered).collect::<Vec<_>>(), [410, 200], "the same webhook-id");
    let recovered = api.post(&format!("/v1/{endpoint}:recover"), &json!({})).await?.ok()?;
    assert_eq!(recovered["deliveries"], "0", "nothing is dead any more");
    let metadata = json!({"url": "https://169.254.169.254:22/#x", "eventTypes": ["*"]});
    assert_eq!(api.post("/v1/webhookEndpoints", &metadata).await?.reason(), "INVALID_FIELDS");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_an_outage_of_the_bus_arrive_after_it_each_once() {
    if let Some(suite) = Suite::start(Wiring::Six).await.unwrap() {
        Box::pin(frozen_bus(suite)).await.unwrap();
    }
}

async fn frozen_bus(mut suite: Suite) -> Result<()> {
    let receiver = Receiver::listen().await?;
    created(&suite, &receiver).await?;
    suite.bus()?.process().signal("-STOP")?;
    let mut units = BTreeSet::new();
    for number in 0..10 {
        units.insert(unit(&suite, &format!("Unit {number}")).await?);
    }
    assert!(receiver.heard().is_empty(), "events go by the bus");
    suite.bus()?.process().signal("-CONT")?;
    let subjects =
        |heard: &[Heard]| heard.iter().map(|one| one.attribute("subject")).collect::<BTreeSet<_>>();
    receiver.until("every event", |heard| subjects(heard).is_superset(&units)).await?;
    // The newest of all comes after whatever would come twice.
    let last = unit(&suite, "The last").await?;
    let heard = receiver.until("the last", |heard| subjects(heard).contains(&last)).await?;
    assert_eq!(heard.len(), units.len() + 1, "one request for each event");
    Ok(())
}
