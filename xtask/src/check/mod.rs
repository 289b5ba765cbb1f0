//! `cargo xtask check`: the rules of the house, each named when it is broken.

mod arrows;
mod contract;
mod rooms;

use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Leave rustfmt and clippy out: only what needs no compiler.
    #[arg(long)]
    quick: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut broken = Vec::new();
    run::say("architecture: which way the arrows point");
    broken.extend(arrows::broken()?);
    run::say("rooms: lengths, names and what may be written where");
    broken.extend(rooms::broken()?);
    run::say("contract: lint, format, compatibility, help pages");
    broken.extend(contract::broken()?);
    if !arguments.quick {
        run::say("rustfmt");
        if run::run(Command::new("cargo").args(["fmt", "--all", "--check"])).is_err() {
            broken.push("format: run `cargo fmt --all`".to_owned());
        }
        run::say("clippy");
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        if run::run(Command::new("cargo").args(clippy)).is_err() {
            broken.push("clippy: see above".to_owned());
        }
    }
    if broken.is_empty() {
        run::say("every rule holds");
        return Ok(());
    }
    for rule in &broken {
        run::say(&format!("broken: {rule}"));
    }
    bail!("{} rules are broken", broken.len())
}
