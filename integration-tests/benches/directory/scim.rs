//! Users made and changed one by one by SCIM, each acknowledged after it is on disk (the peer, `scim2-server` of PyPI,
//! keeps them in memory), and the time to find one by name or by the client's own id.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use arki_integration_tests::{api::Api, processes::Process, servers::free_port, tools};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::load::{self, Asked, Took};

/// How often each side is measured, after one round of warming up.
const ROUNDS: usize = 3;
/// Users in a round of `arki`.
const OURS: usize = 4_000;
/// Users in a round of the peer, which is slower.
const THEIRS: usize = 400;
const PEER: &[&str] = &["scim2-server==0.8.3"];
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A server of SCIM.
struct Side {
    base: String,
    token: String,
    _process: Process,
    _folder: TempDir,
}

/// Measures both sides in turns and prints what came of it.
pub(crate) async fn measure() -> Result<()> {
    let (ours, theirs) = (arki().await?, peer().await?);
    let mut ratios: Vec<(&str, Vec<f64>)> = vec![("POST", Vec::new()), ("PATCH", Vec::new())];
    for round in 0..=ROUNDS {
        let mine = ours.round(round, OURS).await?;
        let other = theirs.round(round, THEIRS).await?;
        // The peer answers a PATCH without a body, so that what is compared is read.
        let (left, right) = (ours.first(&mine[0]).await?, theirs.first(&other[0]).await?);
        ensure!(left == right, "the answers differ: {left} and {right}");
        for ((name, ratios), (mine, other)) in ratios.iter_mut().zip(mine.iter().zip(&other)) {
            let told = if round == 0 { "   (warming up)" } else { "" };
            println!("{name:<6} arki {:>7.0} a second, scim2-server {:>5.0}{told}", mine.rate, other.rate);
            if round > 0 {
                ratios.push(mine.rate / other.rate);
            }
        }
    }
    for (name, mut ratios) in ratios {
        ratios.sort_by(f64::total_cmp);
        let last = ratios.len() - 1;
        println!(
            "{name:<6} arki / scim2-server {:.1} ({:.1} to {:.1})",
            ratios[last / 2],
            ratios[0],
            ratios[last]
        );
    }
    let stored = OURS * (ROUNDS + 1);
    for attribute in ["userName", "externalId"] {
        let asks = (0..2_000).map(|number| {
            let value = if attribute == "userName" { user_name(1, number) } else { external_id(1, number) };
            (Method::GET, format!("/Users?filter={attribute}+eq+%22{value}%22"), None)
        });
        let took = load::run(&ours.base, &ours.token, asks.collect()).await?;
        ensure!(took.answers.iter().all(|answer| answer["totalResults"] == 1), "not everybody was found");
        let (half, most) = (took.percentile(50), took.percentile(99));
        println!(
            "filter {attribute} among {stored}: {:.0} a second, p50 {half:.1?}, p99 {most:.1?}",
            took.rate
        );
    }
    let total =
        load::run(&ours.base, &ours.token, vec![(Method::GET, "/Users?count=0".to_owned(), None)]).await?;
    ensure!(total.answers[0]["totalResults"] == stored, "an acknowledged user is missing");
    println!("every acknowledged user is stored once");
    Ok(())
}

impl Side {
    /// Makes users and changes each of them once.
    async fn round(&self, round: usize, users: usize) -> Result<[Took; 2]> {
        let posts = (0..users).map(|number| (Method::POST, "/Users".to_owned(), Some(user(round, number))));
        let made = load::run(&self.base, &self.token, posts.collect()).await?;
        let ids = made.answers.iter().filter_map(|user| user["id"].as_str());
        let patches: Vec<Asked> = ids
            .map(|id| {
                let change = json!([{"op": "replace", "path": "title", "value": "Lead"}]);
                let body = json!({"schemas": [PATCH], "Operations": change});
                (Method::PATCH, format!("/Users/{id}"), Some(body))
            })
            .collect();
        Ok([made, load::run(&self.base, &self.token, patches).await?])
    }

    /// The first user of those that were made, as it stands now.
    async fn first(&self, made: &Took) -> Result<Value> {
        let id = made.answers[0]["id"].as_str().context("no id")?;
        let took =
            load::run(&self.base, &self.token, vec![(Method::GET, format!("/Users/{id}"), None)]).await?;
        Ok(comparable(&took.answers[0]))
    }
}

fn user_name(round: usize, number: usize) -> String {
    format!("user{round}-{number}@example.com")
}

fn external_id(round: usize, number: usize) -> String {
    format!("x{round}-{number}")
}

fn user(round: usize, number: usize) -> Value {
    json!({
        "schemas": [USER],
        "userName": user_name(round, number),
        "externalId": external_id(round, number),
        "name": {"givenName": "Esimerkki", "familyName": format!("Henkilö {number}")},
        "displayName": format!("Esimerkki Henkilö {number}"),
        "emails": [{"value": user_name(round, number), "type": "work", "primary": true}],
        "title": "Clerk",
        "active": true,
    })
}

/// What both servers must say of the same user.
fn comparable(user: &Value) -> Value {
    let mut user = user.clone();
    for name in ["id", "meta", "schemas"] {
        user.as_object_mut().map(|parts| parts.remove(name));
    }
    user
}

async fn arki() -> Result<Side> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data").display().to_string();
    let program = std::env::var("ARKI_PROGRAM").unwrap_or_else(|_| "arki".to_owned());
    let arguments = ["serve", "--data", &data, "--listen", "127.0.0.1:0"];
    let process = Process::start(&program, &arguments, folder.path(), &[])?;
    let read = |name: &str| std::fs::read_to_string(format!("{data}/{name}")).ok();
    let uri = wait_for(|| read("address")).await?;
    let admin = wait_for(|| read("admin.key")).await?;
    let api = Api::new(&uri, &admin);
    api.get_until("/readyz", Duration::from_secs(60), |reply| reply.status == 200).await?;
    let key = json!({"displayName": "benchmark", "scopes": ["scim"]});
    let key = api.post("/v1/apiKeys", &key).await?.ok()?;
    let token = key["secret"].as_str().context("a secret")?.to_owned();
    Ok(Side { base: format!("{uri}/scim/v2"), token, _process: process, _folder: folder })
}

async fn peer() -> Result<Side> {
    let program = tools::python("scim2-server", PEER)?.parent().context("a folder")?.join("scim2-server");
    let (folder, port, token) = (tempfile::tempdir()?, free_port()?.to_string(), "token");
    let arguments = ["--port", &port, "--bearer-token", token];
    let process = Process::start(program.to_str().context("UTF-8")?, &arguments, folder.path(), &[])?;
    let base = format!("http://127.0.0.1:{port}/v2");
    let deadline = Instant::now() + Duration::from_secs(60);
    while reqwest::Client::new().get(format!("{base}/Users")).bearer_auth(token).send().await.is_err() {
        ensure!(Instant::now() < deadline, "scim2-server does not answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(Side { base, token: token.to_owned(), _process: process, _folder: folder })
}

async fn wait_for(found: impl Fn() -> Option<String>) -> Result<String> {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(text) = found().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
            return Ok(text);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    anyhow::bail!("arki has not come up after 60 s")
}
