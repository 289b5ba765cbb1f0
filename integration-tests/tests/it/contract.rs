//! What the running server says of itself: its document holds what it does.

use std::process::Command;

use arki_integration_tests::{Suite, Wiring, tools};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_holds_what_the_server_does() {
    let suite = Suite::start(Wiring::Alone).await.unwrap().unwrap();
    let document = suite.api().get("/openapi.json").await.unwrap().ok().unwrap();
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let file = suite.folder.path().join("openapi.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let python =
        tools::python("schemathesis", &["schemathesis==4.32.5", "openapi-spec-validator==0.9.0"]).unwrap();
    let folder = python.parent().unwrap();
    tools::succeed(Command::new(folder.join("openapi-spec-validator")).arg(&file)).unwrap();
    let seed = "20261122";
    eprintln!("schemathesis seed {seed}");
    // A revoked key, a stream of JSON lines, and input that only the state of the system can judge (a page token, a
    // request id that was used): the fuzzer knows of none of these.
    tools::succeed(
        Command::new(folder.join("schemathesis"))
            .args(["run", &format!("{}/openapi.json", suite.uri), "--checks", "all"])
            .args(["--exclude-checks", "positive_data_acceptance"])
            .args(["--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", seed])
            .args(["--exclude-path-regex", "apiKeys|responses:import", "--workers", "2", "--no-color"])
            .args(["-H", &format!("Authorization: Bearer {}", suite.key)])
            .current_dir(suite.folder.path()),
    )
    .unwrap();
}
