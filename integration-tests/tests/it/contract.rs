//! What the running server says of itself: its document, its errors, its pages for programmers.

use std::process::Command;

use anyhow::Result;
use arki_integration_tests::{Suite, tools};

use crate::wirings::in_both_wirings;

in_both_wirings!(the_document_holds_what_the_server_does);

async fn the_document_holds_what_the_server_does(suite: Suite) -> Result<()> {
    let document = suite.api().get("/openapi.json").await?.ok()?;
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let file = suite.folder.path().join("openapi.json");
    std::fs::write(&file, document.to_string())?;
    let python = tools::python("schemathesis", &["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"])?;
    let folder = python.parent().unwrap();
    tools::succeed(Command::new(folder.join("openapi-spec-validator")).arg(&file))?;
    let seed = rand::random::<u16>().to_string();
    eprintln!("schemathesis seed {seed}");
    // Keys created by the fuzzer would be revoked by it too, so the one in use could vanish: it is left out.
    tools::succeed(
        Command::new(folder.join("schemathesis"))
            .args(["run", &format!("{}/openapi.json", suite.uri), "--checks", "all"])
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", &seed])
            .args(["--exclude-path-regex", "apiKeys", "--workers", "2", "--no-color"])
            .args(["-H", &format!("Authorization: Bearer {}", suite.key)])
            .current_dir(suite.folder.path()),
    )?;
    Ok(())
}
