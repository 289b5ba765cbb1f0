//! `cargo xtask bench`: the benchmarks with the peers that they stand beside. Never part of the tests.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::{
    run,
    servers::{Durability, Postgres},
    tools,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What to measure: "edge" (the gateway beside Envoy), "collect" (responses beside pgbench) or "directory" (SCIM
    /// beside scim2-server, webhooks, HR files and CRM contacts beside an upsert of the same rows).
    #[arg(value_parser = ["edge", "collect", "directory"])]
    name: String,
    /// The only part of "directory" that is wanted.
    #[arg(long, value_name = "PART", value_parser = ["scim", "webhooks", "hr", "crm"])]
    only: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    ensure!(arguments.only.is_none() || arguments.name == "directory", "only \"directory\" has parts");
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
            if let Some(part) = &arguments.only {
                bench.env("PART", part);
            }
            Some(server)
        }
        _ => None,
    };
    run::run(&mut bench)
}
