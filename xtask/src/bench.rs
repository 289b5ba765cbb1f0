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
    /// What to measure: "edge" (the gateway beside Envoy), "collect" (responses beside pgbench) or "directory" (SCIM
    /// beside scim2-server, webhooks, HR files beside an upsert of the same rows).
    #[arg(value_parser = ["edge", "collect", "directory"])]
    name: String,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    run::say("building with optimisation");
    // The whole workspace in every command: what is built depends on the choice, and would be built again for each.
    let packages = ["--workspace", "--bench", arguments.name.as_str()];
    run::run(Command::new("cargo").args(["build", "--release", "--bins"]).args(packages))?;
    let mut bench = Command::new("cargo");
    bench.arg("bench").args(packages);
    let _server = match arguments.name.as_str() {
        "edge" => {
            bench.env("ENVOY", tools::envoy()?);
            None
        }
        "collect" => {
            let server = Postgres::start(Durability::Synced)?;
            bench.env("TEST_POSTGRES_URL", &server.postgres_url).env("PG_BIN", tools::postgres()?);
            Some(server)
        }
        "directory" => {
            let server = Postgres::start(Durability::Synced)?;
            bench
                .env("TEST_POSTGRES_URL", &server.postgres_url)
                .env("TEST_NATS_SERVER", tools::nats_server()?);
            Some(server)
        }
        _ => None,
    };
    run::run(&mut bench)
}
