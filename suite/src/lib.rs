//! The all-in-one `arki`: every service and the gateway in one process, the commands around it, and the demonstration.
//!
//! This is the only crate that knows every service. It has no rule of its own: the commands and the demonstration go
//! through the public API. Start reading at [`assembly`].

pub mod assembly;
pub mod cli;
mod crm_counted;
pub mod crm_file;
pub mod demo;
pub mod import;
pub mod import_run;
pub mod key;
pub mod progress;
pub mod remote;
pub mod target;
