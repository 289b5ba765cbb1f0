//! A whole Arki under test, in one of its two wirings.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::TcpListener,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use arki_suite::remote::Server;
use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;

use crate::{api::Api, processes::Process};

/// How the services are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiring {
    /// `arki` alone on SQLite.
    Alone,
    /// Five services and the gateway as processes, on PostgreSQL and NATS.
    Six,
}

const SERVICES: [&str; 5] = ["directory", "survey", "scorecard", "goal", "communication"];

/// A running Arki. Dropping it ends its processes and removes its data.
pub struct Suite {
    /// The address of its public port.
    pub uri: String,
    /// The administrator's key.
    pub key: String,
    /// Where its data and logs are.
    pub folder: TempDir,
    wiring: Wiring,
    processes: BTreeMap<String, Process>,
    database: Option<(String, String)>,
}

impl Suite {
    /// Starts Arki in the given wiring; `None`, with a word on standard error, when the wiring needs servers that the
    /// environment does not name.
    ///
    /// # Errors
    /// When a process does not come up.
    pub async fn start(wiring: Wiring) -> Result<Option<Self>> {
        match wiring {
            Wiring::Alone => Ok(Some(Self::alone().await?)),
            Wiring::Six => Self::six().await,
        }
    }

    async fn alone() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut suite = Self {
            uri: String::new(),
            key: String::new(),
            folder,
            wiring: Wiring::Alone,
            processes: BTreeMap::new(),
            database: None,
        };
        suite.start_alone("127.0.0.1:0").await?;
        Ok(suite)
    }

    async fn start_alone(&mut self, listen: &str) -> Result<()> {
        let data = self.folder.path().join("data");
        let address = data.join("address");
        let _ = std::fs::remove_file(&address);
        let arguments =
            ["serve", "--data", data.to_str().context("a folder name in UTF-8")?, "--listen", listen];
        let process = Process::start("arki", &arguments, self.folder.path(), &[])?;
        self.processes.insert("arki".to_owned(), process);
        let uri = self.wait_for("the address", || std::fs::read_to_string(&address).ok()).await?;
        self.uri = uri.trim().to_owned();
        self.key = std::fs::read_to_string(data.join("admin.key"))?.trim().to_owned();
        self.wait_until_ready().await
    }

    async fn six() -> Result<Option<Self>> {
        let (Ok(admin), Ok(nats)) = (std::env::var("TEST_POSTGRES_URL"), std::env::var("TEST_NATS_SERVER"))
        else {
            eprintln!(
                "skipped: TEST_POSTGRES_URL and TEST_NATS_SERVER are not set; `cargo xtask test` sets them"
            );
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        let name = format!("arki_{}", rand::random::<u64>());
        Database::connect(&admin).await?.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        let url =
            admin.rsplit_once('/').map(|(server, _)| format!("{server}/{name}")).context("a database url")?;
        let mut suite = Self {
            uri: String::new(),
            key: String::new(),
            folder,
            wiring: Wiring::Six,
            processes: BTreeMap::new(),
            database: Some((admin, name)),
        };
        let nats = suite.start_nats(&nats)?;
        suite.write_config(&url, &nats)?;
        for service in SERVICES {
            suite.start_service(service)?;
        }
        suite.start_service("gateway")?;
        let key = suite.folder.path().join("admin.key");
        suite.key = suite.wait_for("the administrator's key", || std::fs::read_to_string(&key).ok()).await?;
        suite.key = suite.key.trim().to_owned();
        suite.wait_until_ready().await?;
        Ok(Some(suite))
    }

    /// A NATS server of its own, since one holds the events of one installation. Returns its address.
    fn start_nats(&mut self, program: &str) -> Result<String> {
        let folder = self.folder.path();
        let port = free_port()?;
        let store = folder.join("nats");
        let store = store.to_str().context("a folder name in UTF-8")?;
        let port_text = port.to_string();
        let arguments = ["-js", "-a", "127.0.0.1", "-p", &port_text, "-sd", store];
        self.processes.insert("nats-server".to_owned(), Process::start(program, &arguments, folder, &[])?);
        Ok(format!("nats://127.0.0.1:{port}"))
    }

    /// One file for all: each process reads its own section and `process`; addresses come by environment.
    fn write_config(&mut self, url: &str, nats: &str) -> Result<()> {
        let folder = self.folder.path();
        std::fs::write(folder.join("assertion.key"), "a secret of the tests, longer than 32 bytes")?;
        let mut peers = String::new();
        for service in SERVICES {
            let port = free_port()?;
            std::fs::write(folder.join(format!("{service}.port")), port.to_string())?;
            let _ = writeln!(peers, "[process.peers.{service}]\nuri = \"http://127.0.0.1:{port}\"");
        }
        let port = free_port()?;
        std::fs::write(folder.join("gateway.port"), port.to_string())?;
        self.uri = format!("http://127.0.0.1:{port}");
        for process in SERVICES.iter().chain(&["gateway"]) {
            let mut config = format!(
                "[process]\nassertion_secret_files = [{:?}]\nbus_url = {nats:?}\n{peers}\n",
                folder.join("assertion.key")
            );
            match *process {
                "gateway" => config.push_str("[gateway]\n"),
                service => {
                    let _ = writeln!(config, "[{service}]");
                    if service == "directory" {
                        let _ = writeln!(config, "admin_key_file = {:?}", folder.join("admin.key"));
                    }
                    if service == "communication" {
                        let _ = writeln!(config, "public_url = {:?}", self.uri);
                        let _ =
                            writeln!(config, "[communication.mail]\nfolder = {:?}", folder.join("outbox"));
                    }
                    let _ = writeln!(config, "[{service}.database]\nurl = {url:?}\nschema = {service:?}");
                }
            }
            std::fs::write(folder.join(format!("{process}.toml")), config)?;
        }
        Ok(())
    }

    fn start_service(&mut self, service: &str) -> Result<()> {
        let folder = self.folder.path();
        let program = format!("arki-{service}");
        let config = folder.join(format!("{service}.toml"));
        let config = config.to_str().context("a folder name in UTF-8")?;
        if service != "gateway" {
            let mut migration = Process::start(&program, &["migrate", "--config", config], folder, &[])?;
            let deadline = Instant::now() + Duration::from_secs(60);
            while migration.must_run().is_ok() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let port = std::fs::read_to_string(folder.join(format!("{service}.port")))?;
        let listen = format!("127.0.0.1:{port}");
        let arguments = ["serve", "--config", config, "--listen", &listen, "--admin-listen", "127.0.0.1:0"];
        let process = Process::start(&program, &arguments, folder, &[])?;
        self.processes.insert(program, process);
        Ok(())
    }

    /// Calls over HTTP with the administrator's key.
    pub fn api(&self) -> Api {
        Api::new(&self.uri, &self.key)
    }

    /// Calls over gRPC with the administrator's key.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn server(&self) -> Result<Server> {
        Server::connect(&self.uri, &self.key).await
    }

    /// How it is put together.
    pub fn wiring(&self) -> Wiring {
        self.wiring
    }

    /// A process by its program.
    pub fn process(&mut self, program: &str) -> Option<&mut Process> {
        self.processes.get_mut(program)
    }

    /// The folder into which its mail goes.
    pub fn outbox(&self) -> std::path::PathBuf {
        match self.wiring {
            Wiring::Alone => self.folder.path().join("data/outbox"),
            Wiring::Six => self.folder.path().join("outbox"),
        }
    }

    /// Kills the process that keeps responses as a power cut would, and starts it again at the same address.
    ///
    /// # Errors
    /// When it does not come up again.
    pub async fn cut_the_power(&mut self) -> Result<()> {
        let program = if self.wiring == Wiring::Alone { "arki" } else { "arki-survey" };
        self.processes.get_mut(program).context("no such process")?.kill()?;
        match self.wiring {
            Wiring::Alone => {
                let listen = self.uri.trim_start_matches("http://").to_owned();
                self.start_alone(&listen).await
            }
            Wiring::Six => {
                self.start_service("survey")?;
                self.wait_until_ready().await
            }
        }
    }

    async fn wait_until_ready(&mut self) -> Result<()> {
        let uri = format!("{}/readyz", self.uri);
        let client = reqwest::Client::new();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut last = String::new();
        while Instant::now() < deadline {
            for process in self.processes.values_mut() {
                process.must_run()?;
            }
            match client.get(&uri).send().await {
                Ok(reply) if reply.status().is_success() => return Ok(()),
                Ok(reply) => last = reply.text().await.unwrap_or_default(),
                Err(error) => last = error.to_string(),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("{uri} is not ready after 60 s: {last}")
    }

    async fn wait_for<T>(&mut self, what: &str, found: impl Fn() -> Option<T>) -> Result<T> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if let Some(found) = found() {
                return Ok(found);
            }
            for process in self.processes.values_mut() {
                process.must_run()?;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("{what} has not appeared after 60 s")
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        self.processes.clear();
        if let Some((admin, name)) = self.database.take() {
            // Removing the database needs a runtime of its own, since a drop cannot wait.
            let drop_database = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(async {
                    let database = Database::connect(&admin).await?;
                    database
                        .execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
                        .await?;
                    anyhow::Ok(())
                })
            });
            let _ = drop_database.join();
        }
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
