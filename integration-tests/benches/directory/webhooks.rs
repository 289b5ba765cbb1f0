//! How many events a second reach receivers on this machine, each signed, sent, and noted in the log on disk; with one
//! endpoint and with ten. Everything waits before the clock starts.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{Suite, Wiring, receiver::Receiver};
use serde_json::json;

/// People whose change is told; each is an event.
const PEOPLE: usize = 2_000;

const ROUNDS: usize = 3;

pub(crate) async fn measure() -> Result<()> {
    for endpoints in [1, 10] {
        let mut rates = Vec::new();
        for _ in 0..ROUNDS {
            let suite = Suite::start(Wiring::Alone).await?.context("arki alone needs no servers")?;
            rates.push(round(&suite, endpoints).await?);
        }
        rates.sort_by(f64::total_cmp);
        println!(
            "webhooks, arki on SQLite, endpoints: {endpoints:>2} {:>7.0} deliveries a second ({:.0} to {:.0})",
            rates[ROUNDS / 2],
            rates[0],
            rates[ROUNDS - 1]
        );
    }
    Ok(())
}

async fn round(suite: &Suite, endpoints: usize) -> Result<f64> {
    let api = suite.api();
    let receiver = Receiver::listen().await?;
    let mut names = Vec::new();
    for _ in 0..endpoints {
        let endpoint = json!({"url": receiver.url, "eventTypes": ["arki.directory.person.changed.v1"]});
        let made = api.post("/v1/webhookEndpoints", &endpoint).await?.ok()?;
        let name = made["webhookEndpoint"]["name"].as_str().context("no name")?.to_owned();
        api.post(&format!("/v1/{name}:disable"), &json!({})).await?.ok()?;
        names.push(name);
    }
    let people = PEOPLE / endpoints;
    let mut content = "person_id,name,unit_id,role\n".to_owned();
    for number in 0..people {
        let _ = writeln!(content, "{number},Person {number},U,driver");
    }
    let columns = json!({"person_id": "person_id", "name": "name", "unit_id": "unit_id", "role": "role"});
    let file = json!({"content": content, "mapping": {"columns": columns}});
    api.post("/v1/hrFiles:import", &file).await?.ok()?;
    for name in &names {
        // The last page of the log is there when the last event is.
        let mut token = String::new();
        let mut waiting = 0;
        while waiting < people {
            let path = format!("/v1/{name}/deliveries?pageSize=1000&pageToken={token}");
            let page = api.get(&path).await?.ok()?;
            waiting += page["webhookDeliveries"].as_array().map_or(0, Vec::len);
            token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
            if token.is_empty() && waiting < people {
                waiting = 0;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let began = Instant::now();
    for name in &names {
        api.post(&format!("/v1/{name}:enable"), &json!({})).await?.ok()?;
    }
    let expected = people * endpoints;
    while receiver.count() < expected {
        ensure!(began.elapsed() < Duration::from_secs(120), "only {} of {expected} came", receiver.count());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(expected as f64 / began.elapsed().as_secs_f64())
}
