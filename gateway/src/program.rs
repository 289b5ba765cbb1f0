//! The edge alone in its process.
//!
//! ```text
//! arki-gateway serve --config arki.toml [--listen 0.0.0.0:8080] [--admin-listen 0.0.0.0:9090] [--print-config]
//! ```
//!
//! The section `[gateway]` holds its settings, `[process]` those that every process has; the services are found by
//! `process.peers.directory.uri` and so on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arki_process::config::{self, Sources};
use arki_process::{
    Backing, Clock, Context, Deployment, Gate, Readiness, Settings, SystemClock, Tasks, admin, main_program,
    shutdown, telemetry,
};
use async_trait::async_trait;
use clap::{Args, Parser, Subcommand};

use crate::{Config, Gateway, Peers};

/// The section of the edge, and the name of its program.
const SECTION: &str = "gateway";

/// Serves REST, gRPC, gRPC-web and the web pages of Arki, with the services in other processes.
#[derive(Debug, Parser)]
#[command(name = "arki-gateway", version)]
struct Program {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Serves until SIGTERM or SIGINT.
    Serve(Serve),
}

#[derive(Debug, Args)]
struct Serve {
    /// The config file, in TOML.
    #[arg(long, value_name = "FILE", env = "ARKI_CONFIG")]
    config: Option<PathBuf>,
    /// Where callers are served, instead of `process.listen`.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Where /livez, /readyz and /metrics are served, instead of `process.admin_listen`.
    #[arg(long, value_name = "ADDR")]
    admin_listen: Option<SocketAddr>,
    /// Shows the configuration that would be used, without its secrets, and ends.
    #[arg(long)]
    print_config: bool,
}

/// Runs the program to its end.
pub fn run() -> ExitCode {
    let Program { action: Action::Serve(arguments) } = Program::parse();
    match start(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Telemetry may not stand yet, or not any more; whoever started the process must see this in any case.
            eprintln!("arki-gateway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Serve) -> anyhow::Result<()> {
    let quoted = |address: SocketAddr| format!("\"{address}\"");
    let sources = Sources::new(arguments.config)
        .flag("process.listen", arguments.listen.map(quoted))
        .flag("process.admin_listen", arguments.admin_listen.map(quoted));
    config::check_sections(&[main_program::SECTION, SECTION], &sources)?;
    let settings: Settings = config::load(main_program::SECTION, &sources)?;
    let section: Config = config::load(SECTION, &sources)?;
    section.validate()?;
    if arguments.print_config {
        let process = serde_json::to_value(&settings)?;
        let sections = [(main_program::SECTION, process), (SECTION, serde_json::to_value(&section)?)];
        show(&config::print(sections)?);
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(Box::pin(async {
        let telemetry = telemetry::init(&settings.telemetry, SECTION, env!("CARGO_PKG_VERSION"))?;
        let done = Box::pin(serve(&settings, section, &telemetry)).await;
        if let Err(error) = &done {
            tracing::error!(error = format!("{error:#}"), "the process ends");
        }
        // Exporters block while they send, which must not hold up what the runtime still has to end.
        let _ = tokio::task::spawn_blocking(move || telemetry.flush()).await;
        done
    }))
}

async fn serve(settings: &Settings, section: Config, telemetry: &telemetry::Guard) -> anyhow::Result<()> {
    // Both ports before any work, so that a port that is taken ends the start at once.
    let listener = main_program::bind(settings.listen, "process.listen").await?;
    let admin_listener = main_program::bind(settings.admin_listen, "process.admin_listen").await?;
    tracing::info!(http = %listener.local_addr()?, admin = %admin_listener.local_addr()?, "listening");

    let (gate, admins, servers) = (Gate::new(), Tasks::new(), Tasks::new());
    let registry = telemetry.registry().clone();
    let admin = admin::serve(admin_listener, gate.clone(), Backing::new(), registry, admins.stop());
    admins.spawn("admin port", async move {
        if let Err(error) = admin.await {
            tracing::error!(%error, "the admin port has failed");
        }
    });

    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let assertion = settings.assertion(Arc::clone(&clock))?;
    let context = Context { clock, tasks: Tasks::new(), assertion };
    let gateway = Gateway::build(section, peers(settings, &context)?, &context)
        .await
        .context("the gateway can't start")?
        .ready_when(Arc::new(gate.clone()));
    servers.spawn("public port", crate::serve(listener, gateway, servers.clone()));
    gate.open(Arc::new(Always));
    tracing::info!("serving");

    let stopped = shutdown::run(&gate, &servers, &context.tasks, &settings.shutdown).await;
    // The admin port goes last, so that whoever asks hears "stopping" until the end.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(1);
    let _ = admins.shutdown(deadline).await;
    Ok(stopped?)
}

fn peers(settings: &Settings, context: &Context) -> anyhow::Result<Peers> {
    let deployment = Deployment::new(settings, context);
    Ok(Peers {
        directory: deployment.peer("directory")?,
        survey: deployment.peer("survey")?,
        scorecard: deployment.peer("scorecard")?,
        goal: deployment.peer("goal")?,
        communication: deployment.peer("communication")?,
    })
}

/// The edge keeps nothing that could be out of order, and a peer that is away is no reason to take the edge away too.
struct Always;

#[async_trait]
impl Readiness for Always {
    async fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "this is what the flag asks for")]
fn show(text: &str) {
    print!("{text}");
}
