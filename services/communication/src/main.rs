//! The communication service in a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    arki_process::service_main(
        "communication",
        version,
        arki_communication::serve,
        arki_communication::migrate,
    )
}
