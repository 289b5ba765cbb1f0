//! The commands of the guide to numbers of HR and recruiting, as they are printed there.

use std::process::Command;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, Wiring, tools};

/// Where the guide says that Arki listens.
const PRINTED: &str = "http://127.0.0.1:8080";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guide_do_what_they_say() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let suite = Suite::start(Wiring::Alone).await?.context("arki alone needs nothing")?;
    let text = std::fs::read_to_string(tools::here("../docs/guides/load-workforce-figures.md"))?;
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let commands = blocks.join("\n").replace(PRINTED, &suite.uri);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", &commands]).current_dir(suite.folder.path()).env("TOKEN", &suite.key);
    let said = tools::succeed(&mut shell)?;
    for wanted in ["UPSERT_STATE_CREATED", "UPSERT_STATE_FAILED", "GROUP_TOO_SMALL", "41.5"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let left = suite.api().get("/v1/workforceFigures").await?.ok()?;
    let kinds: Vec<_> = left["workforceFigures"].as_array().into_iter().flatten().collect();
    assert_eq!(kinds.len(), 1, "the applicants are gone, the leavers are not: {left}");
    assert_eq!(kinds[0]["kind"], "WORKFORCE_KIND_LEAVERS", "{left}");
    Ok(())
}
