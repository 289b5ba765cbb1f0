//! All automation of the project: `cargo xtask check` holds the rules of the house, `cargo xtask test` sets up what
//! the tests need and runs them. `cargo xtask --help` lists every command.

mod bench;
mod check;
mod run;
mod servers;
mod test;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Automation of the Arki workspace")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Format, lints, contract, architecture rules, file lengths and help pages.
    Check(check::Arguments),
    /// Sets up PostgreSQL and NATS without root and Docker, then runs every test.
    Test(test::Arguments),
    /// Measures, beside peers, in one run.
    Bench(bench::Arguments),
    /// Runs a PostgreSQL server for tests by hand until the end of input, and prints what to set for them.
    Servers,
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Servers => servers::run_until_interrupted(),
    }
}
