//! The survey service in a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    arki_process::service_main("survey", env!("CARGO_PKG_VERSION"), arki_survey::serve, arki_survey::migrate)
}
