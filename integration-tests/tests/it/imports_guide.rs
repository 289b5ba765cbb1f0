//! The commands of the guide to HR files, as they are printed there.

use std::process::Command;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, Wiring, processes::built, tools};
use serde_json::{Value, json};

use crate::imports::settled;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guide_do_what_it_says() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let suite = Suite::start(Wiring::Alone).await?.context("arki alone needs nothing")?;
    let api = suite.api();
    let guide = std::fs::read_to_string(tools::here("../docs/guides/load-an-hr-file.md"))?;
    let commands = guide.split("```sh\n").nth(1).and_then(|rest| rest.split("\n```").next());
    let commands: Vec<&str> = commands.context("no commands")?.lines().collect();
    assert_eq!(commands.len(), 3, "{commands:?}");
    let data = suite.folder.path().join("data").display().to_string();
    let mut told = Vec::new();
    for command in commands {
        told.push(run(&command.replace("--data data", &format!("--data {data}")))?);
        let people = api.get("/v1/people").await?.ok()?["people"].as_array().map_or(0, Vec::len);
        assert_eq!(people == 0, told.len() == 1, "the dry run alone writes nothing");
    }
    assert!(told[0].starts_with("dry run: ") && told[0].contains("create people"), "{}", told[0]);
    assert!(told[1].contains(" new, 0 changed, 0 as before"), "{}", told[1]);
    assert!(told[2].contains("people 0 new, 0 changed"), "{}", told[2]);
    assert_eq!(api.get("/v1/imports").await?.ok()?["imports"].as_array().map(Vec::len), Some(3));

    // The same by HTTP: the import as it is printed, and a sample in one piece.
    let (_, rest) = guide.split_once("POST /v1/imports\n").context("no import")?;
    let printed: Value = serde_json::from_str(rest.lines().next().context("no body")?.trim())?;
    let made = api.post("/v1/imports", &printed).await?.ok()?;
    let name = made["name"].as_str().context("no name")?;
    let content = std::fs::read_to_string(tools::here("../docs/guides/hr-samples/workday.csv"))?;
    let pieces = json!([{"offset": "0", "content": content, "is_last": true}]);
    api.post(&format!("/v1/{name}:upload"), &pieces).await?.ok()?;
    let ended = settled(&api, name).await?;
    assert_eq!((&ended["state"], &ended["totalChanges"]), (&json!("IMPORT_STATE_APPLIED"), &json!("0")));
    Ok(())
}

/// Runs a command in the folder of the checkout.
fn run(command: &str) -> Result<String> {
    let arki = built("arki")?;
    let path = format!("{}:{}", arki.parent().context("a folder")?.display(), std::env::var("PATH")?);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", command]).env("PATH", path).current_dir(tools::here(".."));
    tools::succeed(&mut shell).with_context(|| command.to_owned())
}
