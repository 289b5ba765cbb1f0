//! A PostgreSQL server of our own, on a free port of the loopback interface, in a temporary folder. NATS is started
//! by each test that needs it, since one server holds the events of one installation.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::{run, tools};

/// The user that runs PostgreSQL when we are root, since PostgreSQL refuses to be root: `nobody` on every Linux.
const NOBODY: u32 = 65534;

/// Whether PostgreSQL waits for the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Tests need no disk safety from the server: a crash of the machine ends the test anyway.
    Fast,
    /// A benchmark measures what production pays.
    Synced,
}

/// The server; dropping it stops it and removes its folder.
pub(crate) struct Postgres {
    /// An administrator's address of PostgreSQL.
    pub(crate) postgres_url: String,
    folder: PathBuf,
    children: Vec<Child>,
}

impl Postgres {
    /// Starts it and waits until it answers.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("arki-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        // Others must be able to pass through, else PostgreSQL as another user cannot reach its own folder.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let mut server = Self { postgres_url: String::new(), folder, children: Vec::new() };
        server.start_postgres(durability)?;
        Ok(server)
    }

    fn start_postgres(&mut self, durability: Durability) -> Result<()> {
        let bin = tools::postgres()?;
        let data = self.folder.join("postgres");
        fs::create_dir_all(&data)?;
        if is_root() {
            chown(&data, Some(NOBODY), Some(NOBODY))?;
        }
        run::say(&format!("starting PostgreSQL of {}", bin.display()));
        let log = fs::File::create(self.folder.join("postgres.log"))?;
        let initdb = as_other_user(&bin.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(log.try_clone()?)
            .status()
            .context("starting initdb")?;
        if !initdb.success() {
            bail!("initdb failed: {}", self.tail("postgres.log"));
        }
        let port = free_port()?;
        let fsync = if durability == Durability::Fast { "fsync=off" } else { "fsync=on" };
        let child = as_other_user(&bin.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=127.0.0.1", "-c", fsync, "-c", "max_connections=300"])
            .args(["-c", &format!("port={port}"), "-c"])
            .arg(format!("unix_socket_directories={}", data.display()))
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("starting postgres")?;
        self.children.push(child);
        self.wait_for(port, "PostgreSQL", "postgres.log")?;
        self.postgres_url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
        Ok(())
    }

    fn wait_for(&mut self, port: u16, name: &str, log: &str) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while Instant::now() < deadline {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(());
            }
            if let Some(child) = self.children.last_mut()
                && let Some(status) = child.try_wait()?
            {
                bail!("{name} ended with {status}: {}", self.tail(log));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("{name} does not answer on port {port} after 60 s: {}", self.tail(log))
    }

    fn tail(&self, log: &str) -> String {
        let text = fs::read_to_string(self.folder.join(log)).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        for child in &mut self.children {
            // PostgreSQL ends its children on SIGTERM; a bare kill would leave them.
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
            let deadline = Instant::now() + Duration::from_secs(10);
            while Instant::now() < deadline && matches!(child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Runs the server until the terminal ends us.
pub(crate) fn run_until_interrupted() -> Result<()> {
    let servers = Postgres::start(Durability::Fast)?;
    let nats = tools::nats_server()?;
    run::say(&format!("TEST_POSTGRES_URL={} TEST_NATS_SERVER={}", servers.postgres_url, nats.display()));
    run::say("end of input (Ctrl-D) stops it");
    let _ = std::io::read_to_string(std::io::stdin());
    Ok(())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0)
}

fn as_other_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
