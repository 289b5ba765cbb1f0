//! What becomes of an HR file when the ground shakes while it is carried out: all of it is there once, or nothing.

use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use arki_integration_tests::{Suite, Wiring, api::Api, servers::Postgres, suite::Wishes};
use serde_json::Value;

use crate::faults_line::{Line, Meant};
use crate::imports::{create, settled, upload};
use crate::imports_files::{System, export};
use crate::wirings::in_both_wirings;

in_both_wirings!(an_import_whose_process_was_killed_is_carried_out_once);

const PEOPLE: usize = 15_000;

/// Begins to load a file, and waits until it is being carried out.
async fn begun(api: &Api, seed: u64) -> Result<String> {
    let import = create(api, "workday", true).await?;
    upload(api, &import, &export(System::Workday, seed, PEOPLE)).await?;
    let began = Instant::now();
    loop {
        let reply = api.get(&format!("/v1/{import}")).await?;
        let state = reply.body["state"].as_str().unwrap_or_default().to_owned();
        match state.as_str() {
            "IMPORT_STATE_APPLYING" => return Ok(import),
            "IMPORT_STATE_APPLIED" | "IMPORT_STATE_FAILED" => bail!("it was not caught: {}", reply.body),
            _ => {}
        }
        ensure!(began.elapsed() < Duration::from_secs(300), "it is not carried out: {}", reply.body);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Everybody is there once, as one who was written once.
async fn is_there_once(api: &Api, import: &str) -> Result<()> {
    let ended = settled(api, import).await?;
    assert_eq!(ended["state"], "IMPORT_STATE_APPLIED", "{ended}");
    let (mut people, mut token) = (0, String::new());
    loop {
        let page = api.get(&format!("/v1/people?pageSize=1000&pageToken={token}")).await?.ok()?;
        let items = page["people"].as_array().cloned().unwrap_or_default();
        ensure!(items.iter().all(|person: &Value| person["etag"] == "1"), "somebody was written twice");
        people += items.len();
        token = page["nextPageToken"].as_str().unwrap_or_default().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(people, PEOPLE);
    Ok(())
}

async fn an_import_whose_process_was_killed_is_carried_out_once(mut suite: Suite) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    let pause = rand::random_range(0..400);
    eprintln!("seed {seed}, killed after {pause} ms");
    let import = begun(&api, seed).await?;
    tokio::time::sleep(Duration::from_millis(pause)).await;
    suite.kill_directory().await?;
    is_there_once(&api, &import).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_database_crashed_is_carried_out_once() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    let wishes = Wishes { postgres: Some(postgres.url()), ..Wishes::default() };
    let Some(suite) = Suite::start_with(Wiring::Six, wishes).await.unwrap() else { return };
    Box::pin(crashes(suite, postgres)).await.unwrap();
}

async fn crashes(mut suite: Suite, mut postgres: Postgres) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    let pause = rand::random_range(0..400);
    eprintln!("seed {seed}, crashed after {pause} ms");
    let import = begun(&api, seed).await?;
    tokio::time::sleep(Duration::from_millis(pause)).await;
    postgres.crash()?;
    postgres.restart()?;
    suite.wait_until_ready().await?;
    let found = is_there_once(&api, &import).await;
    // Before the server, since the suite removes its database from it.
    drop(suite);
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_whose_commit_was_not_answered_is_carried_out_once() {
    let Some(postgres) = Postgres::start().unwrap() else { return };
    let line = Line::to(&postgres.url(), Meant::Larger(LARGE)).await.unwrap();
    let wishes = Wishes { postgres: Some(line.url.clone()), ..Wishes::default() };
    let Some(suite) = Suite::start_with(Wiring::Six, wishes).await.unwrap() else { return };
    Box::pin(cut_after_commit(suite, line)).await.unwrap();
    drop(postgres);
}

async fn cut_after_commit(suite: Suite, line: Line) -> Result<()> {
    let api = suite.api();
    let seed: u64 = rand::random();
    eprintln!("seed {seed}");
    // The commit of the import, which alone is of so much, is not answered.
    line.cut_off(1);
    let import = create(&api, "workday", true).await?;
    upload(&api, &import, &export(System::Workday, seed, PEOPLE)).await?;
    let found = is_there_once(&api, &import).await;
    assert_eq!(line.was_cut_off(), 1, "the line was not cut");
    drop(suite);
    found
}

/// How much a transaction has sent that is the one to be cut off, in bytes; what is staged at once is less.
const LARGE: usize = 4 << 20;
