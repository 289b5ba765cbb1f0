//! The commands of the guide for CRM systems, as they are printed there.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, Wiring, processes::built, tools};
use serde_json::json;

/// Where the guide says that Arki listens.
const PRINTED: &str = "http://127.0.0.1:8080";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guide_do_what_they_say() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let suite = Suite::start(Wiring::Alone).await?.context("arki alone needs nothing")?;
    let guide = tools::here("../docs/guides/connect-salesforce-hubspot-dynamics.md");
    let text = std::fs::read_to_string(guide)?;
    let blocks: Vec<&str> =
        text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    let (make, rest) = blocks.split_first().context("no commands")?;
    let (look, rest) = rest.split_last().context("no commands")?;
    let data = suite.folder.path().join("data").display().to_string();
    let made = run(&make.replace("DIR", &data), "")?;
    let token = made.split_whitespace().find(|word| word.starts_with("arki_")).context("no key")?.to_owned();

    let said = run(&rest.join("\n").replace(PRINTED, &suite.uri), &token)?;
    for wanted in ["UPSERT_STATE_CREATED", "UPSERT_STATE_FAILED", "<Ack>true</Ack>", "\"secret\""] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    let pending = "/v1/intakeDeliveries?state=INTAKE_DELIVERY_STATE_PENDING";
    suite
        .api()
        .get_until(pending, Duration::from_secs(60), |reply| {
            reply.body.get("intakeDeliveries").is_none_or(|waiting| waiting == &json!([]))
        })
        .await?;
    let begin = rest.first().context("no commands")?.replace(PRINTED, &suite.uri);
    let said = run(&format!("{begin}\n{look}"), &token)?;
    for wanted in ["Aino Toinen", "oona.esimerkki@example.com", "Ville Esimerkki"] {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    Ok(())
}

fn run(commands: &str, token: &str) -> Result<String> {
    let arki = built("arki")?;
    let path = format!("{}:{}", arki.parent().context("a folder")?.display(), std::env::var("PATH")?);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", commands]).env("PATH", path).env("TOKEN", token);
    tools::succeed(&mut shell).with_context(|| commands.to_owned())
}
