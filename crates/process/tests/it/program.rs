use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use arki_process::main_program::run;
use arki_process::{Context, Deployment, Readiness, Running};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tonic::service::Routes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::{eventually, get, listener};

#[derive(Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    greeting: String,
}

struct Always;

#[async_trait]
impl Readiness for Always {
    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

async fn build(config: Config, _: Deployment, context: Context) -> anyhow::Result<Running> {
    anyhow::ensure!(config.greeting == "hello", "greeting must be hello");
    let stop = context.tasks.stop();
    context.tasks.spawn("worker", async move { stop.cancelled().await });
    Ok(Running { routes: Routes::default(), descriptor: arki_proto::DESCRIPTOR, readiness: Arc::new(Always) })
}

async fn migrate(_: Config) -> anyhow::Result<()> {
    Ok(())
}

/// A folder that is gone after the test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(TempDir::with_prefix("arki-test-").unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A configuration that works.
    fn config(&self) -> PathBuf {
        let secret = self.file("secret", "0123456789abcdef0123456789abcdef\n");
        let text = format!(
            "[process]\nassertion_secret_files = [{:?}]\n[echo]\ngreeting = \"hello\"\n",
            secret.display().to_string()
        );
        self.file("arki.toml", &text)
    }
}

async fn free() -> SocketAddr {
    listener().await.1
}

fn serve(config: PathBuf, grpc: SocketAddr, admin: SocketAddr) -> anyhow::Result<()> {
    let arguments = [
        OsString::from("arki-echo"),
        "serve".into(),
        "--config".into(),
        config.into(),
        format!("--listen={grpc}").into(),
        format!("--admin-listen={admin}").into(),
    ];
    run(arguments, "echo", "0.0.0", build, migrate)
}

/// The program once it is ready, and its two ports.
async fn started(config: &Path) -> (JoinHandle<anyhow::Result<()>>, SocketAddr, SocketAddr) {
    loop {
        let (grpc, admin, config) = (free().await, free().await, config.to_owned());
        let program = std::thread::spawn(move || serve(config, grpc, admin));
        let is_ready = eventually("a ready process", || async {
            let answers = get(admin, "/readyz").await.is_some_and(|(status, _)| status == 200);
            (answers || program.is_finished()).then_some(!program.is_finished())
        });
        if is_ready.await {
            return (program, grpc, admin);
        }
        // A port that was free a moment ago may be somebody else's by now.
        let error = format!("{:#}", program.join().unwrap().unwrap_err());
        assert!(error.contains("listen"), "{error}");
    }
}

#[tokio::test]
async fn a_service_starts_answers_and_stops_at_a_signal() {
    let folder = Folder::new();
    let config = folder.config();
    let (program, grpc, admin) = started(&config).await;
    let channel = arki_rpc::connect(&format!("http://{grpc}"), &arki_rpc::ConnectOptions::default()).unwrap();
    let health = HealthClient::new(channel);
    eventually("a serving service", || async {
        let answer = health.clone().check(HealthCheckRequest { service: String::new() }).await.ok()?;
        (answer.into_inner().status() == ServingStatus::Serving).then_some(())
    })
    .await;
    let counted = eventually("the count of the call", || async {
        let (_, text) = get(admin, "/metrics").await?;
        text.contains("rpc_server_call_duration_seconds_count").then_some(text)
    })
    .await;
    assert!(counted.contains("le=\"0.005\""), "{counted}");

    let told = std::process::Command::new("kill").args(["-TERM", &std::process::id().to_string()]).status();
    assert!(told.unwrap().success());
    let ended = eventually("the end", || async { program.is_finished().then_some(()) });
    ended.await;
    program.join().unwrap().unwrap();
    assert!(get(admin, "/livez").await.is_none(), "the admin port is still open");
}

#[tokio::test]
async fn a_port_that_is_taken_ends_the_start_before_any_work() {
    let folder = Folder::new();
    let (_taken, address) = listener().await;
    let config =
        folder.file("arki.toml", "[echo]\ngreeting = \"not hello, which the service would refuse\"\n");
    let free = free().await;
    let ended = std::thread::spawn(move || serve(config, address, free)).join().unwrap();
    let error = format!("{:#}", ended.unwrap_err());
    assert!(error.contains("process.listen") && error.contains(&address.to_string()), "{error}");
}

#[test]
fn a_misspelt_key_or_section_ends_the_start_by_its_name() {
    let folder = Folder::new();
    for (text, named) in [("[echo]\ngreating = \"hello\"\n", "greating"), ("[ecco]\nx = 1\n", "ecco")] {
        let config = folder.file("arki.toml", text);
        let arguments = ["arki-echo".into(), "migrate".into(), "--config".into(), config.into_os_string()];
        let error = run(arguments, "echo", "0.0.0", build, migrate).unwrap_err().to_string();
        assert!(error.contains(named), "{error}");
    }
}
