//! The commands of the guide on keeping data no longer than needed, as they are printed there.

use std::process::Command;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, Wiring, tools};
use serde_json::json;

/// Where the guide says that Arki listens.
const PRINTED: &str = "http://127.0.0.1:8080";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guide_do_what_they_say() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let suite = Suite::start(Wiring::Alone).await?.context("arki alone needs nothing")?;
    let text = std::fs::read_to_string(tools::here("../docs/guides/keep-data-no-longer-than-needed.md"))?;
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let commands = blocks.join("\n").replace(PRINTED, &suite.uri);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", &commands]).current_dir(suite.folder.path()).env("TOKEN", &suite.key);
    let said = tools::succeed(&mut shell)?;
    assert!(said.contains("proved:"), "{said}");
    assert!(said.contains("\"isWhole\":true") || said.contains("\"isWhole\": true"), "{said}");
    let policy = suite.api().get("/v1/retentionPolicy").await?.ok()?;
    assert_eq!((&policy["answerMonths"], &policy["commentMonths"]), (&json!(18), &json!(6)), "{policy}");
    Ok(())
}
