//! The program of a service that is alone in its process.
//!
//! ```text
//! arki-goal serve   --config arki.toml [--listen 0.0.0.0:50051] [--admin-listen 0.0.0.0:9090] [--print-config]
//! arki-goal migrate --config arki.toml
//! ```

use std::ffi::OsString;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arki_rpc::server;
use clap::{Args, Command, FromArgMatches, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::config::{self, Sources};
use crate::{
    CancellationToken, Clock, Context, Deployment, Gate, Readiness, Running, Settings, SystemClock, Tasks,
    admin, shutdown, telemetry,
};

/// The section of what every process has.
pub const SECTION: &str = "process";

/// Time between two looks at the readiness on behalf of gRPC health.
const HEALTH_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Subcommand)]
enum Action {
    /// Serves until SIGTERM or SIGINT.
    Serve(Serve),
    /// Brings the database up to this version, and ends.
    Migrate(File),
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    file: File,
    /// Where gRPC is served, instead of `process.listen`.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where /livez, /readyz and /metrics are served, instead of `process.admin_listen`.
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<SocketAddr>,
}

#[derive(Debug, Args)]
struct File {
    /// The config file, in TOML.
    #[arg(long, value_name = "FILE", env = "ARKI_CONFIG")]
    config: Option<PathBuf>,
    /// Shows the configuration that would be used, without its secrets, and ends.
    #[arg(long)]
    print_config: bool,
}

impl Action {
    fn file(&self) -> &File {
        match self {
            Self::Serve(serve) => &serve.file,
            Self::Migrate(file) => file,
        }
    }

    fn sources(&self) -> Sources {
        let sources = Sources::new(self.file().config.clone());
        match self {
            Self::Serve(serve) => sources
                .flag("process.listen", serve.listen.map(quoted))
                .flag("process.admin_listen", serve.admin_listen.map(quoted)),
            Self::Migrate(_) => sources,
        }
    }
}

/// As TOML text, so that an address is not taken for something else.
fn quoted(address: SocketAddr) -> String {
    format!("\"{address}\"")
}

/// The whole program of the service `name`: reads the section of that name and the section `process`, binds its ports,
/// builds the service by `build`, serves it, and stops it in order. `migrate` brings its database up to date.
pub fn service_main<C, B, Built, M, Migrated>(
    name: &'static str,
    version: &'static str,
    build: B,
    migrate: M,
) -> ExitCode
where
    C: DeserializeOwned + Serialize + Default,
    B: FnOnce(C, Deployment, Context) -> Built,
    Built: Future<Output = anyhow::Result<Running>>,
    M: FnOnce(C) -> Migrated,
    Migrated: Future<Output = anyhow::Result<()>>,
{
    match run(std::env::args_os(), name, version, build, migrate) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Telemetry may not stand yet, or not any more; whoever started the process must see this in any case.
            eprintln!("arki-{name}: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The program of [`service_main`] with the arguments of a command line, the program's name first. Arguments that make
/// no sense end the process with an explanation.
///
/// # Errors
/// When the service can't start, or did not stop as it should.
pub fn run<C, B, Built, M, Migrated>(
    arguments: impl IntoIterator<Item = OsString>,
    name: &'static str,
    version: &'static str,
    build: B,
    migrate: M,
) -> anyhow::Result<()>
where
    C: DeserializeOwned + Serialize + Default,
    B: FnOnce(C, Deployment, Context) -> Built,
    Built: Future<Output = anyhow::Result<Running>>,
    M: FnOnce(C) -> Migrated,
    Migrated: Future<Output = anyhow::Result<()>>,
{
    let command = Action::augment_subcommands(Command::new(name).version(version))
        .bin_name(format!("arki-{name}"))
        .display_name(format!("arki-{name}"))
        .subcommand_required(true)
        .arg_required_else_help(true);
    let matches = command.get_matches_from(arguments);
    let action = Action::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let sources = action.sources();
    config::check_sections(&[SECTION, name], &sources)?;
    let settings: Settings = config::load(SECTION, &sources)?;
    let section: C = config::load(name, &sources)?;
    if action.file().print_config {
        let sections = [(SECTION, serde_json::to_value(&settings)?), (name, serde_json::to_value(&section)?)];
        show(&config::print(sections)?);
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(async {
        let telemetry = telemetry::init(&settings.telemetry, name, version)?;
        let done = match action {
            Action::Serve(_) => Box::pin(serve(&settings, section, &telemetry, build)).await,
            Action::Migrate(_) => Box::pin(migrate(section)).await.context("the migration failed"),
        };
        // Exporters block while they send, which must not hold up what the runtime still has to end.
        let _ = tokio::task::spawn_blocking(move || telemetry.flush()).await;
        done
    }))
}

async fn serve<C, B, Built>(
    settings: &Settings,
    section: C,
    telemetry: &telemetry::Guard,
    build: B,
) -> anyhow::Result<()>
where
    B: FnOnce(C, Deployment, Context) -> Built,
    Built: Future<Output = anyhow::Result<Running>>,
{
    // Both ports before any work, so that a port that is taken ends the start at once and not after a migration.
    let listener = bind(settings.listen, "process.listen").await?;
    let admin_listener = bind(settings.admin_listen, "process.admin_listen").await?;
    tracing::info!(grpc = %listener.local_addr()?, admin = %admin_listener.local_addr()?, "listening");

    let (gate, admins, servers) = (Gate::new(), Tasks::new(), Tasks::new());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let assertion = settings.assertion(clock.clone())?;
    let context = Context { clock, tasks: Tasks::new(), assertion: assertion.clone() };
    let workers = context.tasks.clone();
    let deployment = Deployment::new(settings, &context);
    let (backing, registry) = (deployment.backing().clone(), telemetry.registry().clone());
    let admin = admin::serve(admin_listener, gate.clone(), backing, registry, admins.stop());
    admins.spawn("admin port", async move {
        if let Err(error) = admin.await {
            tracing::error!(%error, "the admin port has failed");
        }
    });

    let mut running =
        Box::pin(build(section, deployment, context)).await.context("the service can't start")?;

    let (reporter, health) = tonic_health::server::health_reporter();
    running.routes = running.routes.add_service(health);
    let options = server::Options { concurrency: settings.concurrency, ..running.options(&assertion) };
    let peer = server::stack(running.routes, options)?;
    servers.spawn("grpc port", crate::serve_grpc(listener, peer, servers.stop()));
    gate.open(running.readiness);
    admins.spawn("grpc health", report(reporter, gate.clone(), admins.stop()));
    tracing::info!("serving");

    let stopped = shutdown::run(&gate, &servers, &workers, &settings.shutdown).await;
    // The admin port goes last, so that whoever asks hears "stopping" until the end.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
    let _ = admins.shutdown(deadline).await;
    Ok(stopped?)
}

/// Keeps gRPC health saying what `/readyz` says, for callers that watch the one and not the other.
async fn report(reporter: HealthReporter, gate: Gate, stop: CancellationToken) {
    loop {
        let status = match gate.ready().await {
            Ok(()) => ServingStatus::Serving,
            Err(_) => ServingStatus::NotServing,
        };
        reporter.set_service_status("", status).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HEALTH_EVERY) => {}
        }
    }
}

/// Listens at `address`.
///
/// # Errors
/// When the address is taken or not one of this machine; the error names the `key` that says it.
pub async fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen at {address}, set {key} to a free address"))
}

#[expect(clippy::print_stdout, reason = "this is what the flag asks for")]
fn show(text: &str) {
    print!("{text}");
}
