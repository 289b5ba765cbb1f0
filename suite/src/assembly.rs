//! All services and the gateway in one process, over one data folder.
//!
//! Peers are function calls, each service keeps its state in an SQLite file of its own, and events go over the
//! in-process bus. What every service is given here is what its own binary gives it in production.

use std::{
    fs::{self, File, TryLockError},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result, bail};
use arki_events::{Bus, InProcess};
use arki_gateway::Gateway;
use arki_process::{
    Context, Gate, Running, Settings, SystemClock, Tasks,
    config::{self, Sources},
    main_program::bind,
    shutdown,
};
use arki_rpc::{Peer, client};
use tokio::{net::TcpListener, time::Instant};

/// The file of the data folder that holds the administrator's key.
pub const ADMIN_KEY: &str = "admin.key";
/// The file of the data folder that holds the key which seals secrets; without it they are lost, so back it up too.
pub const SEALING_KEY: &str = "sealing.key";
/// The file of the data folder that holds the address of the server that runs on it.
pub const ADDRESS: &str = "address";
/// The folder of the data folder into which mail goes when no SMTP server is configured.
pub const OUTBOX: &str = "outbox";

const SECTIONS: [&str; 7] =
    ["process", "directory", "survey", "scorecard", "goal", "communication", "gateway"];

/// A running Arki.
pub struct Arki {
    address: SocketAddr,
    data: PathBuf,
    gate: Gate,
    servers: Tasks,
    workers: Tasks,
    settings: Settings,
    /// Nobody else may open the folder while it is held.
    _lock: File,
}

impl Arki {
    /// Where it listens.
    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder into which its mail goes.
    pub fn outbox(&self) -> PathBuf {
        self.data.join(OUTBOX)
    }

    /// Serves until the process is told to end, then stops in order.
    ///
    /// # Errors
    /// When something does not end in time, or a worker fell.
    pub async fn run(self) -> Result<()> {
        let stopped = shutdown::run(&self.gate, &self.servers, &self.workers, &self.settings.shutdown).await;
        self.forget_address();
        Ok(stopped?)
    }

    /// Stops in order now.
    ///
    /// # Errors
    /// When something does not end in time.
    pub async fn stop(self) -> Result<()> {
        self.gate.close();
        let deadline =
            Instant::now() + std::time::Duration::from_secs(self.settings.shutdown.deadline_seconds);
        let served = self.servers.shutdown(deadline).await;
        let worked = self.workers.shutdown(deadline).await;
        self.forget_address();
        served.map_err(|still| anyhow::anyhow!("still running: {}", still.0.join(", ")))?;
        worked.map_err(|still| anyhow::anyhow!("still running: {}", still.0.join(", ")))
    }

    fn forget_address(&self) {
        // A file that stays names a server that does not answer, which whoever reads it finds out.
        let _ = fs::remove_file(self.data.join(ADDRESS));
    }
}

/// Opens the data folder, brings its databases up to date, and serves at `listen`.
///
/// # Errors
/// When the folder is in use or cannot be opened, the address is taken, or the configuration is refused.
pub async fn start(data: &Path, listen: SocketAddr, sources: Sources) -> Result<Arki> {
    config::check_sections(&SECTIONS, &sources)?;
    let settings: Settings = config::load("process", &sources)?;
    fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let data = data.canonicalize().with_context(|| format!("{} cannot be opened", data.display()))?;
    let lock = lock(&data)?;
    // The port before any work, so that one that is taken ends the start at once.
    let listener = bind(listen, "--listen").await?;
    let address = listener.local_addr()?;

    let context = Context::alone(Arc::new(SystemClock));
    let workers = context.tasks.clone();
    let folder = Folder { data: data.clone(), uri: format!("http://{address}"), sources };
    let gateway_config = folder.gateway()?;
    let (services, gate) = Box::pin(services(&folder, &context)).await?;
    let gateway = Box::pin(Gateway::build(gateway_config, services, &context)).await?;
    let gateway = gateway.ready_when(Arc::new(gate.clone()));

    let servers = Tasks::new();
    serve(listener, gateway, &servers);
    write_address(&data, &folder.uri)?;
    Ok(Arki { address, data, gate, servers, workers, settings, _lock: lock })
}

/// Whoever waits for the address must never read half of it.
fn write_address(data: &Path, uri: &str) -> Result<()> {
    let (half, whole) = (data.join("address.new"), data.join(ADDRESS));
    fs::write(&half, format!("{uri}\n")).with_context(|| format!("writing {}", half.display()))?;
    fs::rename(&half, &whole).with_context(|| format!("writing {}", whole.display()))
}

fn serve(listener: TcpListener, gateway: Gateway, servers: &Tasks) {
    servers.spawn("public port", arki_gateway::serve(listener, gateway, servers.clone()));
}

fn lock(data: &Path) -> Result<File> {
    let path = data.join("lock");
    let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!("another arki works on {}; stop it, or name another folder with --data", data.display())
        }
        Err(TryLockError::Error(error)) => Err(error).context("locking the data folder"),
    }
}

/// The configuration of each part, with what the data folder says where the sources say nothing.
struct Folder {
    data: PathBuf,
    uri: String,
    sources: Sources,
}

impl Folder {
    fn database(&self, service: &str, given: arki_database::Config) -> arki_database::Config {
        let url = if given.url.is_empty() {
            format!("sqlite://{}", self.data.join(format!("{service}.db")).display())
        } else {
            given.url.clone()
        };
        arki_database::Config { url, ..given }
    }

    fn directory(&self) -> Result<arki_directory::Config> {
        let mut config: arki_directory::Config = config::load("directory", &self.sources)?;
        config.database = self.database("directory", config.database);
        config.admin_key_file.get_or_insert_with(|| self.data.join(ADMIN_KEY));
        if config.sealing_key_files.is_empty() {
            let key = self.data.join(SEALING_KEY);
            arki_directory::sealing::keep_key_file(&key)?;
            config.sealing_key_files.push(key);
        }
        if config.webhooks.public_url == arki_directory::Webhooks::default().public_url {
            config.webhooks.public_url.clone_from(&self.uri);
        }
        Ok(config)
    }

    fn survey(&self) -> Result<arki_survey::Config> {
        let mut config: arki_survey::Config = config::load("survey", &self.sources)?;
        config.database = self.database("survey", config.database);
        Ok(config)
    }

    fn scorecard(&self) -> Result<arki_scorecard::Config> {
        let mut config: arki_scorecard::Config = config::load("scorecard", &self.sources)?;
        config.database = self.database("scorecard", config.database);
        Ok(config)
    }

    fn goal(&self) -> Result<arki_goal::Config> {
        let mut config: arki_goal::Config = config::load("goal", &self.sources)?;
        config.database = self.database("goal", config.database);
        Ok(config)
    }

    fn communication(&self) -> Result<arki_communication::Config> {
        let mut config: arki_communication::Config = config::load("communication", &self.sources)?;
        config.database = self.database("communication", config.database);
        let unset = arki_communication::Config::default();
        if config.mail.folder == unset.mail.folder {
            config.mail.folder = self.data.join(OUTBOX);
        }
        if config.public_url == unset.public_url {
            config.public_url.clone_from(&self.uri);
        }
        Ok(config)
    }

    fn gateway(&self) -> Result<arki_gateway::Config> {
        Ok(config::load("gateway", &self.sources)?)
    }
}

/// Builds the services, each over the peers that it calls, in the order in which they call each other.
async fn services(folder: &Folder, context: &Context) -> Result<(arki_gateway::Peers, Gate)> {
    let opened = InProcess::closed();
    let bus: Arc<dyn Bus> = Arc::new(opened.clone());
    let peer =
        |running: &Running| -> Result<Peer> { Ok(client::stack_here(running.peer(&context.assertion)?)) };

    let config = folder.directory()?;
    arki_directory::migrate(config.clone()).await.context("bringing the directory up to date")?;
    let directory_runs = arki_directory::build(config, arki_directory::Peers, bus.clone(), context.clone())
        .await
        .context("directory")?;
    let directory = peer(&directory_runs)?;

    let config = folder.survey()?;
    arki_survey::migrate(config.clone()).await.context("bringing the survey service up to date")?;
    let peers = arki_survey::Peers { directory: directory.clone() };
    let survey_runs =
        arki_survey::build(config, peers, bus.clone(), context.clone()).await.context("survey")?;

    let config = folder.scorecard()?;
    arki_scorecard::migrate(config.clone()).await.context("bringing the scorecard up to date")?;
    let peers = arki_scorecard::Peers { directory: directory.clone() };
    let scorecard_runs =
        arki_scorecard::build(config, peers, bus.clone(), context.clone()).await.context("scorecard")?;

    let config = folder.goal()?;
    arki_goal::migrate(config.clone()).await.context("bringing the goal service up to date")?;
    let peers = arki_goal::Peers { directory: directory.clone() };
    let goal_runs = arki_goal::build(config, peers, bus.clone(), context.clone()).await.context("goal")?;

    let config = folder.communication()?;
    arki_communication::migrate(config.clone())
        .await
        .context("bringing the communication service up to date")?;
    let peers = arki_communication::Peers { directory: directory.clone() };
    let communication_runs =
        arki_communication::build(config, peers, bus, context.clone()).await.context("communication")?;

    let peers = arki_gateway::Peers {
        directory,
        survey: peer(&survey_runs)?,
        scorecard: peer(&scorecard_runs)?,
        goal: peer(&goal_runs)?,
        communication: peer(&communication_runs)?,
    };
    let gate = Gate::new();
    opened.open();
    let all = [directory_runs, survey_runs, scorecard_runs, goal_runs, communication_runs];
    gate.open(Arc::new(All(all.into_iter().map(|running| running.readiness).collect())));
    Ok((peers, gate))
}

/// Ready when every service is.
struct All(Vec<Arc<dyn arki_process::Readiness>>);

#[async_trait::async_trait]
impl arki_process::Readiness for All {
    async fn ready(&self) -> Result<(), String> {
        for part in &self.0 {
            part.ready().await?;
        }
        Ok(())
    }
}
