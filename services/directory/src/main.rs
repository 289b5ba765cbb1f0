//! The directory in a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    arki_process::service_main("directory", version, arki_directory::serve, arki_directory::migrate)
}
