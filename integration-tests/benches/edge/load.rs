//! The load, by `h2load`, and one honest call to compare answers.

use std::process::Command;

use anyhow::{Context as _, Result, bail};
use arki_proto::directory::v1 as pb;
use prost::Message as _;
use serde_json::Value;

use crate::backend::{KEY, ROLE};

/// How a side is called.
#[derive(Clone, Copy)]
pub(crate) enum Call {
    Grpc,
    Rest,
}

/// Calls in one measurement.
const CALLS: usize = 60_000;

/// Calls a second on 10 connections with 20 streams each.
pub(crate) fn rate(address: &str, call: Call) -> Result<f64> {
    let bearer = format!("authorization: Bearer {KEY}");
    let mut load = Command::new("h2load");
    load.args(["-n", &CALLS.to_string(), "-c", "10", "-m", "20", "-H", &bearer]);
    let body = std::env::temp_dir().join(format!("arki-edge-{}.bin", std::process::id()));
    match call {
        Call::Rest => {
            load.arg(format!("http://{address}/v1/{ROLE}"));
        }
        Call::Grpc => {
            let request = pb::GetRoleRequest { name: ROLE.to_owned() }.encode_to_vec();
            let mut framed = vec![0];
            framed.extend(u32::try_from(request.len())?.to_be_bytes());
            framed.extend(request);
            std::fs::write(&body, framed)?;
            load.args(["-H", "content-type: application/grpc", "-H", "te: trailers", "-d"]).arg(&body);
            load.arg(format!("http://{address}/arki.directory.v1.DirectoryService/GetRole"));
        }
    }
    let output = load.output().context("h2load is needed: apt-get install nghttp2-client")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if !said.contains(&format!("{CALLS} succeeded")) {
        bail!("not every call succeeded: {said}");
    }
    let line = said.lines().find(|line| line.starts_with("finished in")).context("h2load says no rate")?;
    let rate =
        line.split(", ").find_map(|part| part.strip_suffix(" req/s")).context("h2load says no rate")?;
    Ok(rate.parse()?)
}

/// The answer of one call by REST.
pub(crate) fn once(address: &str) -> Result<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let request = reqwest::Client::new().get(format!("http://{address}/v1/{ROLE}")).bearer_auth(KEY);
        Ok(request.send().await?.error_for_status()?.json().await?)
    })
}
