//! A nats-server of the test's own, which can be stopped, frozen out of its store and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Server {
    binary: PathBuf,
    folder: TempDir,
    /// None until it has told which one it found free.
    port: Option<u16>,
    process: Option<Child>,
}

impl Server {
    /// Starts a server on a free port, or says that there is none to start.
    pub(crate) async fn start() -> Option<Self> {
        let Some(binary) = find() else {
            eprintln!("skipped: no nats-server on the path, and TEST_NATS_SERVER names none");
            return None;
        };
        let folder = TempDir::with_prefix("arki-nats-").unwrap();
        let mut server = Self { binary, folder, port: None, process: None };
        assert!(server.runs().await, "the nats-server ended at once");
        Some(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port.unwrap())
    }

    /// Starts the server again on the same port and store.
    pub(crate) async fn resume(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.runs().await {
            assert!(Instant::now() < deadline, "somebody else keeps the port of the nats-server");
        }
    }

    /// Starts the server, and tells whether it got its port.
    async fn runs(&mut self) -> bool {
        // It finds a free port itself: one that the test found free could be taken by another test meanwhile.
        let port = self.port.map_or_else(|| "-1".to_owned(), |port| port.to_string());
        let child = Command::new(&self.binary)
            .args(["--addr", "127.0.0.1", "--port", &port, "--jetstream", "--store_dir"])
            .arg(self.folder.path().join("store"))
            .arg("--ports_file_dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let name = self.binary.file_name().unwrap().display();
        let told = self.folder.path().join(format!("{name}_{}.ports", child.id()));
        let child = self.process.insert(child);
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(port) = std::fs::read_to_string(&told).ok().as_deref().and_then(told_port) {
                self.port = Some(port);
                return true;
            }
            if child.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Instant::now() < deadline, "the nats-server did not start");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Throws away everything that the server had stored.
    pub(crate) fn lose_store(&self) {
        std::fs::remove_dir_all(self.folder.path().join("store")).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The port in what the server tells once it listens: `{"nats":["nats://127.0.0.1:4222"],…}`.
fn told_port(told: &str) -> Option<u16> {
    told.split("nats://127.0.0.1:").nth(1)?.split_once('"')?.0.parse().ok()
}

fn find() -> Option<PathBuf> {
    if let Some(binary) = std::env::var_os("TEST_NATS_SERVER") {
        return Some(binary.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("nats-server")).find(|binary| Path::is_file(binary))
}
