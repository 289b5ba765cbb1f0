//! The commands of the guides for identity providers, as they are printed there.

use std::process::Command;

use anyhow::{Context as _, Result};
use arki_integration_tests::{Suite, Wiring, processes::built, tools};

use crate::scim_provider::Provider;

/// Where the guides say that Arki listens.
const PRINTED: &str = "http://127.0.0.1:8080";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_guides_do_what_they_say() {
    check().await.unwrap();
}

async fn check() -> Result<()> {
    let suite = Suite::start(Wiring::Alone).await?.context("arki alone needs nothing")?;
    let any = Provider::new(&suite).await?;
    for (guide, user) in [("connect-entra-id", "aino@example.com"), ("connect-okta", "eero@example.com")] {
        let text = std::fs::read_to_string(tools::here("../docs/guides").join(format!("{guide}.md")))?;
        let blocks: Vec<&str> =
            text.split("```sh\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
        let (make, rest) = blocks.split_first().context("no commands")?;
        let data = suite.folder.path().join("data").display().to_string();
        let made = run(&make.replace("DIR", &data), "")?;
        let token = made.split_whitespace().find(|word| word.starts_with("arki_")).context("no key")?;
        let said = run(&rest.join("\n").replace(PRINTED, &suite.uri), token)?;
        assert!(!said.contains("messages:2.0:Error"), "{guide}: {said}");
        let found = any.find("Users", &format!("userName eq \"{user}\"")).await?;
        assert_eq!(found["Resources"][0]["active"], false, "{guide}: the last change is there");
    }
    assert_eq!(any.find("Groups", "displayName eq \"Payroll\"").await?["totalResults"], 1);
    Ok(())
}

fn run(commands: &str, token: &str) -> Result<String> {
    let arki = built("arki")?;
    let path = format!("{}:{}", arki.parent().context("a folder")?.display(), std::env::var("PATH")?);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-e", "-c", commands]).env("PATH", path).env("TOKEN", token);
    tools::succeed(&mut shell).with_context(|| commands.to_owned())
}
