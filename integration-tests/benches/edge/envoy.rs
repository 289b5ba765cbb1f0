//! Envoy with its gRPC-JSON transcoder before the bare service.

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};

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
    std::fs::write(&descriptor, without_response_bodies()?)?;
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

/// The contract as Envoy takes it: 1.40 refuses `response_body` unless it names an `HttpBody`, so it answers with the
/// whole reply instead of its one field.
fn without_response_bodies() -> Result<Vec<u8>> {
    let pool = DescriptorPool::decode(arki_proto::DESCRIPTOR)?;
    let set = pool.get_message_by_name("google.protobuf.FileDescriptorSet").context("no descriptor.proto")?;
    let rule = pool.get_message_by_name("google.api.HttpRule").context("no http.proto")?;
    let mut set = DynamicMessage::decode(set, arki_proto::DESCRIPTOR)?;
    strip(&mut set, rule.full_name());
    Ok(set.encode_to_vec())
}

fn strip(message: &mut DynamicMessage, rule: &str) {
    if message.descriptor().full_name() == rule {
        message.clear_field_by_name("response_body");
    }
    message.fields_mut().for_each(|(_, value)| strip_in(value, rule));
    message.extensions_mut().for_each(|(_, value)| strip_in(value, rule));
}

fn strip_in(value: &mut Value, rule: &str) {
    match value {
        Value::Message(part) => strip(part, rule),
        Value::List(list) => list.iter_mut().for_each(|part| strip_in(part, rule)),
        _ => {}
    }
}
