//! The settings that every process has, in the section `process`.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arki_rpc::{AssertionKey, ConnectOptions};
use serde::{Deserialize, Serialize};

use crate::{Clock, telemetry};

/// The section `process`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where gRPC is served. Default 127.0.0.1:50051.
    pub listen: SocketAddr,
    /// Where `/livez`, `/readyz` and `/metrics` are served. Default 127.0.0.1:9090.
    pub admin_listen: SocketAddr,
    /// Most calls that are worked on at once; one more is refused with a time to retry. Default 1,024.
    pub concurrency: usize,
    /// Files that hold the secrets by which processes know who calls, each at least 32 bytes, the same ones in every
    /// process: the first signs, all verify. Default: none, which only a process that holds every service can do with.
    pub assertion_secret_files: Vec<PathBuf>,
    /// The other processes by name, as in `process.peers.directory.uri`. Default: none.
    pub peers: BTreeMap<String, Address>,
    /// Address of the event bus, as in `nats://host:4222`. Default: none.
    pub bus_url: Option<String>,
    /// How the process stops.
    pub shutdown: Shutdown,
    /// What the process tells about itself.
    pub telemetry: telemetry::Config,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50051)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9090)),
            concurrency: 1024,
            assertion_secret_files: Vec::new(),
            peers: BTreeMap::new(),
            bus_url: None,
            shutdown: Shutdown::default(),
            telemetry: telemetry::Config::default(),
        }
    }
}

impl Settings {
    /// Reads the secrets that processes share.
    ///
    /// # Errors
    /// When there is no file, or one can't be read or is too short.
    pub fn assertion(&self, clock: Arc<dyn Clock>) -> anyhow::Result<AssertionKey> {
        let mut secrets = Vec::new();
        for path in &self.assertion_secret_files {
            let secret = std::fs::read(path).with_context(|| {
                format!("can't read {}, of process.assertion_secret_files", path.display())
            })?;
            // Editors and `kubectl create secret --from-file` alike leave a line feed that is not meant.
            secrets.push(secret.trim_ascii().to_vec());
        }
        AssertionKey::new(&secrets, move || clock.now()).context(
            "process.assertion_secret_files must name files of at least 32 bytes, the same in all processes",
        )
    }
}

/// Where another process is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    /// Its address, as in `http://directory:50051`, or `https://…` together with `ca_file`.
    pub uri: String,
    /// PEM file of the authority that signed its certificate. Default: none.
    pub ca_file: Option<PathBuf>,
    /// Name that its certificate must carry. Default: the host of the address.
    pub server_name: Option<String>,
}

impl Address {
    pub(crate) fn options(&self) -> ConnectOptions {
        ConnectOptions {
            ca_file: self.ca_file.clone(),
            server_name: self.server_name.clone(),
            ..ConnectOptions::default()
        }
    }
}

/// How the process stops.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shutdown {
    /// Time between being unready and refusing new connections, in seconds, in which load balancers notice. Default 0;
    /// 5 in a cluster.
    pub unready_seconds: u64,
    /// Time for all of the shutdown, in seconds. Default 25, since a cluster kills after 30.
    pub deadline_seconds: u64,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { unready_seconds: 0, deadline_seconds: 25 }
    }
}

impl Shutdown {
    pub(crate) fn unready(&self) -> Duration {
        Duration::from_secs(self.unready_seconds)
    }

    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }
}
