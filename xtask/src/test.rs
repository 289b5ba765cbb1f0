//! `cargo xtask test`: what the tests need, then the tests.

use std::process::Command;

use anyhow::Result;

use crate::{
    run,
    servers::{Durability, Postgres},
    tools,
};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave PostgreSQL and NATS out; the tests that need them say that they skip.
    #[arg(long)]
    without_servers: bool,
    /// What to hand on to the test runner, such as a filter.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let given = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let mut tests = Command::new("cargo");
    let mut postgres = None;
    if !arguments.without_servers {
        if !given("TEST_POSTGRES_URL") {
            let server = postgres.insert(Postgres::start(Durability::Fast)?);
            tests.env("TEST_POSTGRES_URL", &server.postgres_url);
        }
        if !given("TEST_NATS_SERVER") {
            tests.env("TEST_NATS_SERVER", tools::nats_server()?);
        }
        if !given("PG_BIN") {
            // For the tests that crash a server of their own.
            tests.env("PG_BIN", tools::postgres()?);
        }
    }
    if !["chromium", "chromium-browser", "google-chrome"].iter().any(|name| run::is_on_path(name).is_some()) {
        run::say("no Chromium is on the PATH, so the pages are tested without a browser");
    }
    let nextest = run::is_on_path("cargo-nextest").is_some();
    // Service binaries are started by some tests, so they are built before any test runs.
    run::say("building the workspace");
    run::run(Command::new("cargo").args(["build", "--workspace", "--all-targets"]))?;
    if nextest {
        tests.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        tests.args(["test", "--workspace", "--no-fail-fast"]);
    }
    tests.args(&arguments.rest);
    run::say("running the tests");
    run::run(&mut tests)
}
