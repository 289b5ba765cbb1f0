//! The edge alone in its process, with the services elsewhere.

use std::process::ExitCode;

fn main() -> ExitCode {
    arki_gateway::program::run()
}
