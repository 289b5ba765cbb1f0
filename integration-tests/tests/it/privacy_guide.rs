//! The commands of the guide on erasing and exporting, as they are printed there.

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
    let person = json!({
        "kind": "PERSON_KIND_EMPLOYEE", "displayName": "Aino \u{c4}im\u{e4}", "email": "aino@example.com",
        "source": "hr", "externalId": "E-17"
    });
    suite.api().post("/v1/people", &person).await?.ok()?;
    let text = std::fs::read_to_string(tools::here("../docs/guides/erase-and-export-a-person.md"))?;
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let commands = blocks.join("\n").replace(PRINTED, &suite.uri);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", &commands]).current_dir(suite.folder.path()).env("TOKEN", &suite.key);
    let said = tools::succeed(&mut shell)?;
    assert!(said.contains("the export is whole:") && said.contains("proved:"), "{said}");
    assert!(said.contains("\"isWhole\":true") || said.contains("\"isWhole\": true"), "{said}");
    suite.api().post("/v1/people", &person).await?.ok().context("the keys may be used again")?;
    Ok(())
}
