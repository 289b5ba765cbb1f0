//! The goal service in a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    arki_process::service_main("goal", env!("CARGO_PKG_VERSION"), arki_goal::serve, arki_goal::migrate)
}
