//! What an operator writes for six processes: one folder with a config file and the addresses of each.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Result;

use crate::servers::free_port;

/// The services with a process of their own.
pub(crate) const SERVICES: [&str; 5] = ["directory", "survey", "scorecard", "goal", "communication"];

/// The edge, which has a process too.
pub(crate) const GATEWAY: &str = "gateway";

/// What the processes stand on.
pub(crate) struct Ground<'a> {
    pub(crate) database: &'a str,
    pub(crate) bus: &'a str,
    /// Where traces and metrics are sent; none when empty.
    pub(crate) collector: &'a str,
}

/// Gives every process its ports, and writes one config file for each: a process reads its own section and `process`.
/// Returns the address of the edge.
pub(crate) fn write(folder: &Path, ground: &Ground<'_>) -> Result<String> {
    fs::write(folder.join("assertion.key"), "a secret of the tests, longer than 32 bytes")?;
    fs::write(folder.join("sealing.key"), "another secret of the tests, longer than 32 bytes")?;
    let mut peers = String::new();
    for service in SERVICES {
        let port = give_ports(folder, service)?;
        let _ = writeln!(peers, "[process.peers.{service}]\nuri = \"http://127.0.0.1:{port}\"");
    }
    let uri = format!("http://127.0.0.1:{}", give_ports(folder, GATEWAY)?);
    for process in SERVICES.into_iter().chain([GATEWAY]) {
        let mut config = format!(
            "[process]\nassertion_secret_files = [{:?}]\nbus_url = {:?}\n{peers}\n[process.telemetry]\n\
             metrics_interval_seconds = 1\n",
            folder.join("assertion.key"),
            ground.bus
        );
        if !ground.collector.is_empty() {
            let _ = writeln!(config, "otlp_endpoint = {:?}", ground.collector);
        }
        let _ = writeln!(config, "[{process}]");
        if process == "directory" {
            let _ = writeln!(config, "admin_key_file = {:?}", folder.join("admin.key"));
            let _ = writeln!(config, "webhooks.allow_private = true\nwebhooks.public_url = {uri:?}");
            let _ = writeln!(config, "sealing_key_files = [{:?}]", folder.join("sealing.key"));
        }
        if process == "communication" {
            let _ = writeln!(config, "public_url = {uri:?}");
            let _ = writeln!(config, "[communication.mail]\nfolder = {:?}", folder.join("outbox"));
        }
        if process == GATEWAY {
            let _ = writeln!(config, "webhooks.allow_private = true");
        }
        if process != GATEWAY {
            let url = ground.database;
            let _ = writeln!(config, "[{process}.database]\nurl = {url:?}\nschema = {process:?}");
        }
        fs::write(folder.join(format!("{process}.toml")), config)?;
    }
    Ok(uri)
}

/// A port for callers and one for operators. Returns the first.
fn give_ports(folder: &Path, process: &str) -> Result<u16> {
    let port = free_port()?;
    fs::write(folder.join(format!("{process}.port")), port.to_string())?;
    fs::write(folder.join(format!("{process}.admin-port")), free_port()?.to_string())?;
    Ok(port)
}

/// Where callers reach a process.
pub(crate) fn listen(folder: &Path, process: &str) -> Result<String> {
    Ok(format!("127.0.0.1:{}", fs::read_to_string(folder.join(format!("{process}.port")))?))
}

/// Where operators reach a process.
pub(crate) fn admin_listen(folder: &Path, process: &str) -> Result<String> {
    Ok(format!("127.0.0.1:{}", fs::read_to_string(folder.join(format!("{process}.admin-port")))?))
}
