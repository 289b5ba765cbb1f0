//! `cargo xtask bench`: the benchmarks with the peers that they stand beside. Never part of the tests.

use std::process::Command;

use anyhow::Result;

use crate::{
    run,
    servers::{Durability, Postgres},
    tools,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to measure: "edge" (the gateway beside Envoy), "collect" (responses beside pgbench) or "directory" (what the
    /// directory does in bulk, such as webhooks).
    #[arg(value_parser = ["edge", "collect", "directory"])]
    name: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    run::say("building with optimisation");
    run::run(Command::new("cargo").args(["build", "--release", "--bin", "arki"]))?;
    let mut bench = Command::new("cargo");
    bench.args(["bench", "--package", "arki-integration-tests", "--bench", &arguments.name]);
    let _server = if arguments.name == "edge" {
        bench.env("ENVOY", tools::envoy()?);
        None
    } else {
        let server = Postgres::start(Durability::Synced)?;
        bench.env("TEST_POSTGRES_URL", &server.postgres_url).env("PG_BIN", tools::postgres()?);
        Some(server)
    };
    run::run(&mut bench)
}
