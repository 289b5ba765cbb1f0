//! A whole Arki under test, in one of its two wirings.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use arki_suite::remote::Server;
use sea_orm::{ConnectionTrait as _, Database};
use tempfile::TempDir;

use crate::{
    api::Api,
    installation::{self, GATEWAY, Ground, SERVICES},
    processes::Process,
    servers::Nats,
};

/// How the services are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wiring {
    /// `arki` alone on SQLite.
    Alone,
    /// Five services and the gateway as processes, on PostgreSQL and NATS.
    Six,
}

/// What a test wants beside a wiring.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// An administrator's address of PostgreSQL, instead of the one of the environment. Six processes only.
    pub postgres: Option<String>,
    /// Where traces and metrics are sent by OTLP, as in `http://127.0.0.1:4317`.
    pub collector: Option<String>,
}

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
    bus: Option<Nats>,
    database: Option<OwnDatabase>,
    wishes: Wishes,
}

/// A database made for one suite.
struct OwnDatabase {
    admin: String,
    name: String,
    url: String,
}

impl Suite {
    /// Starts Arki in the given wiring; `None`, with a word on standard error, when the wiring needs servers that the
    /// environment does not name.
    ///
    /// # Errors
    /// When a process does not come up.
    pub async fn start(wiring: Wiring) -> Result<Option<Self>> {
        Self::start_with(wiring, Wishes::default()).await
    }

    /// As [`Suite::start`], with what the test wants beside.
    ///
    /// # Errors
    /// When a process does not come up.
    pub async fn start_with(wiring: Wiring, wishes: Wishes) -> Result<Option<Self>> {
        let mut suite = Self {
            uri: String::new(),
            key: String::new(),
            folder: tempfile::tempdir()?,
            wiring,
            processes: BTreeMap::new(),
            bus: None,
            database: None,
            wishes,
        };
        let is_up = match wiring {
            Wiring::Alone => suite.start_alone("127.0.0.1:0").await.map(|()| true)?,
            Wiring::Six => suite.start_six().await?,
        };
        Ok(is_up.then_some(suite))
    }

    async fn start_alone(&mut self, listen: &str) -> Result<()> {
        let data = self.folder.path().join("data");
        let address = data.join("address");
        let _ = std::fs::remove_file(&address);
        let arguments =
            ["serve", "--data", data.to_str().context("a folder name in UTF-8")?, "--listen", listen];
        let mut environment = SOON.to_vec();
        // Receivers of tests are on this machine.
        environment.push(("ARKI_DIRECTORY__WEBHOOKS__ALLOW_PRIVATE", "true"));
        environment.push(("ARKI_GATEWAY__WEBHOOKS__ALLOW_PRIVATE", "true"));
        environment.extend(EDGE_SOON);
        environment.push(("ARKI_PROCESS__TELEMETRY__METRICS_INTERVAL_SECONDS", "1"));
        if let Some(collector) = &self.wishes.collector {
            environment.push(("OTEL_EXPORTER_OTLP_ENDPOINT", collector));
        }
        let process = Process::start("arki", &arguments, self.folder.path(), &environment)?;
        self.processes.insert("arki".to_owned(), process);
        let uri = self.wait_for("the address", || std::fs::read_to_string(&address).ok()).await?;
        self.uri = uri.trim().to_owned();
        self.key = std::fs::read_to_string(data.join("admin.key"))?.trim().to_owned();
        self.wait_until_ready().await
    }

    async fn start_six(&mut self) -> Result<bool> {
        let postgres = self.wishes.postgres.clone().or_else(|| std::env::var("TEST_POSTGRES_URL").ok());
        let (Some(admin), Ok(nats)) = (postgres, std::env::var("TEST_NATS_SERVER")) else {
            eprintln!(
                "skipped: TEST_POSTGRES_URL and TEST_NATS_SERVER are not set; `cargo xtask test` sets them"
            );
            return Ok(false);
        };
        let name = format!("arki_{}", rand::random::<u64>());
        Database::connect(&admin).await?.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        let url =
            admin.rsplit_once('/').map(|(server, _)| format!("{server}/{name}")).context("a database url")?;
        self.database = Some(OwnDatabase { admin, name, url: url.clone() });
        // A NATS server of its own, since one holds the events of one installation.
        let bus = self.bus.insert(Nats::start(&nats, self.folder.path())?);
        let collector = self.wishes.collector.as_deref().unwrap_or_default();
        let ground = Ground { database: &url, bus: &bus.url(), collector };
        self.uri = installation::write(self.folder.path(), &ground)?;
        for service in SERVICES {
            self.migrate(service)?;
            self.start_process(service)?;
        }
        self.start_process(GATEWAY)?;
        let key = self.folder.path().join("admin.key");
        self.key = self.wait_for("the administrator's key", || std::fs::read_to_string(&key).ok()).await?;
        self.key = self.key.trim().to_owned();
        self.wait_until_ready().await?;
        Ok(true)
    }

    fn migrate(&self, service: &str) -> Result<()> {
        let config = self.config(service)?;
        let (program, folder) = (format!("arki-{service}"), self.folder.path());
        let mut migration = Process::start(&program, &["migrate", "--config", &config], folder, &[])?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while migration.must_run().is_ok() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    fn start_process(&mut self, name: &str) -> Result<()> {
        let config = self.config(name)?;
        let (program, folder) = (format!("arki-{name}"), self.folder.path());
        let (listen, admin) =
            (installation::listen(folder, name)?, installation::admin_listen(folder, name)?);
        let arguments = ["serve", "--config", &config, "--listen", &listen, "--admin-listen", &admin];
        let mut environment = SOON.to_vec();
        if name == GATEWAY {
            environment.extend(EDGE_SOON);
        }
        let process = Process::start(&program, &arguments, folder, &environment)?;
        self.processes.insert(program, process);
        Ok(())
    }

    fn config(&self, name: &str) -> Result<String> {
        let path = self.folder.path().join(format!("{name}.toml"));
        Ok(path.to_str().context("a folder name in UTF-8")?.to_owned())
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

    /// The event bus of six processes.
    ///
    /// # Errors
    /// When there is none.
    pub fn bus(&mut self) -> Result<&mut Nats> {
        self.bus.as_mut().context("arki alone has no event bus")
    }

    /// The database of six processes, where each service has the schema of its name.
    ///
    /// # Errors
    /// When there is none.
    pub fn database_url(&self) -> Result<&str> {
        Ok(&self.database.as_ref().context("arki alone has no database server")?.url)
    }

    /// What `/readyz` of a process says to its operator, as status and text: `goal` by its admin port, with a query as
    /// in `goal?exclude=bus`. `arki` alone and the gateway have it on the public port.
    ///
    /// # Errors
    /// When nothing answers.
    pub async fn readyz(&self, process: &str) -> Result<(u16, String)> {
        let (name, query) = process.split_once('?').unwrap_or((process, ""));
        let uri = if self.wiring == Wiring::Alone || name == GATEWAY {
            format!("{}/readyz?{query}", self.uri)
        } else {
            format!("http://{}/readyz?{query}", installation::admin_listen(self.folder.path(), name)?)
        };
        let reply = reqwest::Client::new().get(uri).timeout(Duration::from_secs(10)).send().await?;
        Ok((reply.status().as_u16(), reply.text().await?.trim().to_owned()))
    }

    /// Waits until `/readyz` of a process says what `enough` wants.
    ///
    /// # Errors
    /// When it does not within a minute; with what it said last.
    pub async fn readyz_until(
        &self,
        process: &str,
        enough: impl Fn(u16, &str) -> bool,
    ) -> Result<(u16, String)> {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let said = self.readyz(process).await;
            match said {
                Ok((status, text)) if enough(status, &text) => return Ok((status, text)),
                said if Instant::now() > deadline => bail!("/readyz of {process} after a minute: {said:?}"),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
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
                self.migrate("survey")?;
                self.start_process("survey")?;
                self.wait_until_ready().await
            }
        }
    }

    /// Kills the process that keeps the directory as a power cut would, and starts it again at the same address.
    ///
    /// # Errors
    /// When it does not come up again.
    pub async fn kill_directory(&mut self) -> Result<()> {
        if self.wiring == Wiring::Alone {
            return self.cut_the_power().await;
        }
        self.processes.get_mut("arki-directory").context("no such process")?.kill()?;
        self.migrate("directory")?;
        self.start_process("directory")?;
        self.wait_until_ready().await
    }

    /// Starts a process of six again that was killed, at the same address.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self, service: &str) -> Result<()> {
        self.start_process(service)?;
        self.wait_until_ready().await
    }

    /// Waits until every process says that it is ready.
    ///
    /// # Errors
    /// When one has ended, or is not ready after a minute.
    pub async fn wait_until_ready(&mut self) -> Result<()> {
        let programs: Vec<_> = self.processes.keys().cloned().collect();
        let deadline = Instant::now() + Duration::from_secs(60);
        for program in programs {
            let name = program.trim_start_matches("arki-");
            loop {
                for process in self.processes.values_mut() {
                    process.must_run()?;
                }
                match self.readyz(name).await {
                    Ok((200, _)) => break,
                    said if Instant::now() > deadline => bail!("{program} is not ready after 60 s: {said:?}"),
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        }
        Ok(())
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

/// Spans are sent soon after they end, so that a test need not wait for the usual five seconds.
const SOON: [(&str, &str); 1] = [("OTEL_BSP_SCHEDULE_DELAY", "200")];

/// The same for refused callers, which the edge writes down once in a while, and for new keys of identity providers,
/// which are on this machine in tests.
const EDGE_SOON: [(&str, &str); 3] = [
    ("ARKI_GATEWAY__AUDIT_STRANGERS_SECONDS", "1"),
    ("ARKI_GATEWAY__OIDC_ALLOW_LOOPBACK", "true"),
    ("ARKI_GATEWAY__OIDC_REFETCH_SECONDS", "1"),
];

impl Drop for Suite {
    fn drop(&mut self) {
        self.processes.clear();
        self.bus = None;
        if let Some(OwnDatabase { admin, name, url: _ }) = self.database.take() {
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
