//! The scorecard in a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    arki_process::service_main(
        "scorecard",
        env!("CARGO_PKG_VERSION"),
        arki_scorecard::serve,
        arki_scorecard::migrate,
    )
}
