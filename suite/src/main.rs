//! The program `arki`.

use std::{
    fs,
    io::{self, Write as _},
    net::SocketAddr,
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail};
use arki_process::{Clock as _, Settings, SystemClock, config::Sources, telemetry};
use arki_proto::directory::v1::ImportReport;
use arki_suite::{
    assembly::{self, Arki},
    cli::{Arguments, Command, Demo, Hr, Import, Key},
    crm_file, demo, import, import_run, key,
    progress::Progress,
    remote::Server,
    target,
};
use clap::Parser as _;

/// Many small messages come and go on both cores; the system's allocator gives less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(Box::pin(run(arguments.command))));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("arki: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<()> {
    match command {
        Command::Demo(arguments) => Box::pin(demonstrate(arguments)).await,
        Command::Serve(arguments) => {
            let sources = Sources::new(arguments.config);
            let (arki, telemetry) = Box::pin(start(&arguments.data, arguments.listen, sources)).await?;
            tell(&addresses(&arki, &arguments.data))?;
            arki.run().await?;
            Ok(tokio::task::spawn_blocking(move || telemetry.flush()).await?)
        }
        Command::Import(import) => Box::pin(take(import)).await,
        Command::Key(key) => Box::pin(keys(key)).await,
    }
}

async fn start(data: &Path, listen: SocketAddr, sources: Sources) -> Result<(Arki, telemetry::Guard)> {
    let settings: Settings = arki_process::config::load("process", &sources)?;
    let telemetry = telemetry::init(&settings.telemetry, "arki", env!("CARGO_PKG_VERSION"))?;
    Ok((assembly::start(data, listen, sources).await?, telemetry))
}

fn addresses(arki: &Arki, data: &Path) -> String {
    let uri = arki.uri();
    format!(
        "Arki serves at {uri}\n  console       {uri}/console\n  API           {uri}/docs, {uri}/openapi.json, gRPC on the same port\n  administrator {}",
        data.join(assembly::ADMIN_KEY).display()
    )
}

async fn demonstrate(arguments: Demo) -> Result<()> {
    let progress = Progress::start();
    let data = match arguments.data {
        Some(data) => data,
        None => std::env::temp_dir().join(format!("arki-demo-{}", std::process::id())),
    };
    if data.join("directory.db").exists() {
        bail!("{} holds data already; name a new folder with --data", data.display());
    }
    // Quiet unless something is wrong, so that the steps can be read.
    let sources = Sources::new(None).flag("process.telemetry.filter", Some("\"warn\""));
    let (arki, telemetry) = Box::pin(start(&data, arguments.listen, sources)).await?;
    progress.done(&format!("serving {} on {}", data.display(), arki.uri()));
    let secret = target::admin_key(&data)?;
    let server = Server::connect(&arki.uri(), &secret).await?;
    let summary = Box::pin(demo::run(&server, &arki.outbox(), SystemClock.now(), &progress)).await?;
    tell(&summary.to_string())?;
    if let Some(file) = arguments.json {
        let json = serde_json::to_string_pretty(&summary)?;
        fs::write(&file, json).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    if arguments.exit {
        arki.stop().await?;
    } else {
        tell(&format!("{}\n  key           {secret}\nCtrl-C ends it.", addresses(&arki, &data)))?;
        arki.run().await?;
    }
    Ok(tokio::task::spawn_blocking(move || telemetry.flush()).await?)
}

async fn take(command: Import) -> Result<()> {
    let target = match &command {
        Import::Hr(hr) => &hr.target,
        Import::Crm(file) => &file.target,
        Import::Responses(file) => &file.target,
    };
    let reached = Box::pin(target::reach(target)).await?;
    let taken = Box::pin(taken(&command, &reached.server)).await;
    reached.leave().await?;
    taken
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} cannot be read as UTF-8", file.display()))
}

async fn taken_hr(hr: &Hr, server: &Server) -> Result<ImportReport> {
    let (mut client, progress) = (server.imports(), Progress::start());
    if let Some(plan) = &hr.confirm {
        return import_run::confirm(&mut client, plan, &progress).await;
    }
    let file = hr.file.as_deref().context("name the file")?;
    let mapping = hr.mapping.as_deref().map(read).transpose()?;
    let wanted = import::HrFile {
        profile: hr.profile.as_deref().unwrap_or_default(),
        mapping: mapping.as_deref(),
        full: hr.full,
        effective: hr.effective,
        dry_run: hr.dry_run,
        ..Default::default()
    };
    import_run::run(&mut client, file, wanted, &progress).await
}

async fn taken(command: &Import, server: &Server) -> Result<()> {
    let report = match command {
        Import::Hr(hr) => taken_hr(hr, server).await?,
        Import::Crm(file) => {
            let (mapping, mut directory) = (read(&file.mapping)?, server.directory());
            if file.from_line.is_some() || crm_file::is_large(&file.file)? {
                let mapping = import::column_mapping(&mapping)?;
                let (progress, line) = (Progress::start(), file.from_line);
                crm_file::load(&mut directory, &file.file, &mapping, file.dry_run, line, &progress).await?
            } else {
                import::crm(&mut directory, &read(&file.file)?, &mapping, file.dry_run).await?
            }
        }
        Import::Responses(file) => {
            if file.dry_run {
                bail!("responses have no dry run; a key that came before is never stored twice");
            }
            let taken =
                import::responses(server, &file.file, &read(&file.mapping)?, &Progress::start()).await?;
            tell(&format!(
                "{} stored, {} had been before, {} refused",
                taken.stored,
                taken.before,
                taken.refused.len()
            ))?;
            for refused in &taken.refused {
                tell(&format!("  {refused}"))?;
            }
            if !taken.refused.is_empty() {
                bail!("{} responses were refused", taken.refused.len());
            }
            return Ok(());
        }
    };
    tell(import::told(&report).trim_end())?;
    if report.error_count > 0 {
        bail!("the file has {} errors", report.error_count);
    }
    if !report.brake.is_empty() && !report.dry_run {
        bail!("nothing was written");
    }
    Ok(())
}

async fn keys(command: Key) -> Result<()> {
    let (Key::Create { target, .. } | Key::List { target } | Key::Revoke { target, .. }) = &command;
    let reached = Box::pin(target::reach(target)).await?;
    let done = async {
        match &command {
            Key::Create { scopes, name, .. } => {
                // The secret alone on standard output, so that a script can take it.
                let (created, secret) = key::create(&reached.server, name, scopes).await?;
                eprintln!(
                    "{} with {}; the secret is shown this once:",
                    created.name,
                    created.scopes.join(",")
                );
                tell(&secret)?;
            }
            Key::List { .. } => tell(key::list(&reached.server).await?.trim_end())?,
            Key::Revoke { key: name, .. } => {
                key::revoke(&reached.server, name).await?;
                tell(&format!("{name} is revoked"))?;
            }
        }
        anyhow::Ok(())
    }
    .await;
    reached.leave().await?;
    done
}

/// Writes a result. A reader that has read enough, such as `head`, is no failure of the command.
fn tell(text: &str) -> io::Result<()> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
