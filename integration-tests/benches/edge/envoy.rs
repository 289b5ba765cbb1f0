//! Envoy with its gRPC-JSON transcoder before the bare service.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

/// Envoy in a process of its own.
pub(crate) struct Envoy {
    child: Child,
    pub(crate) address: String,
    _folder: tempfile::TempDir,
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the program that `ENVOY` names.
pub(crate) fn start(backend: &str) -> Result<Option<Envoy>> {
    let Ok(program) = std::env::var("ENVOY") else { return Ok(None) };
    let folder = tempfile::tempdir()?;
    let descriptor = folder.path().join("descriptor.bin");
    std::fs::write(&descriptor, arki_proto::DESCRIPTOR)?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let config = folder.path().join("envoy.yaml");
    let backend_port = backend.rsplit(':').next().unwrap_or_default();
    let text = include_str!("envoy.yaml")
        .replace("LISTEN_PORT", &port.to_string())
        .replace("BACKEND_PORT", backend_port)
        .replace("DESCRIPTOR", &descriptor.to_string_lossy());
    std::fs::write(&config, text)?;
    let child = Command::new(program)
        .args(["--concurrency", "2", "--log-level", "error", "--disable-hot-restart", "-c"])
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let mut envoy = Envoy { child, address: format!("127.0.0.1:{port}"), _folder: folder };
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&envoy.address).is_err() {
        if Instant::now() > deadline || envoy.child.try_wait()?.is_some() {
            bail!("Envoy does not answer");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(Some(envoy))
}
