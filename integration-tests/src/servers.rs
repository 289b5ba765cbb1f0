//! Servers that a test starts for itself, so that it may take them away.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::processes::Process;

/// Where the tests' own ports come from: below those that the system gives to outgoing connections, which would else
/// take one between the moment it was found free and the moment a process binds it.
const PORTS: std::ops::Range<u16> = 10_000..32_000;

/// The user that runs PostgreSQL when we are root, since PostgreSQL refuses to be root: `nobody` on every Linux.
const NOBODY: u32 = 65534;

/// A port that nobody listens at, and that no other test is given.
///
/// # Errors
/// When a hundred of them are taken.
pub fn free_port() -> Result<u16> {
    // A lock on a file of that name outlives this call and no process, so that a port is given to one test at a time,
    // whichever process the test runs in.
    static GIVEN: Mutex<Vec<fs::File>> = Mutex::new(Vec::new());
    let folder = std::env::temp_dir().join("arki-test-ports");
    fs::create_dir_all(&folder)?;
    for _ in 0..100 {
        let port = rand::random_range(PORTS);
        let file = fs::File::create(folder.join(port.to_string()))?;
        if file.try_lock().is_ok() && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            GIVEN.lock().unwrap_or_else(PoisonError::into_inner).push(file);
            return Ok(port);
        }
    }
    bail!("no free port on the loopback interface")
}

/// A NATS server with a store.
pub struct Nats {
    program: String,
    port: u16,
    store: PathBuf,
    folder: PathBuf,
    process: Process,
}

impl Nats {
    /// Starts `program` with its store in `folder`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(program: &str, folder: &Path) -> Result<Self> {
        let (port, store) = (free_port()?, folder.join("nats"));
        let process = spawn_nats(program, port, &store, folder)?;
        Ok(Self { program: program.to_owned(), port, store, folder: folder.to_owned(), process })
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Its process, to be killed or stopped.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Removes what it keeps. Only while it is dead.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn lose_store(&self) -> Result<()> {
        Ok(fs::remove_dir_all(&self.store)?)
    }

    /// Starts it again at the same address, with the store that is there.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn restart(&mut self) -> Result<()> {
        self.process = spawn_nats(&self.program, self.port, &self.store, &self.folder)?;
        Ok(())
    }
}

fn spawn_nats(program: &str, port: u16, store: &Path, folder: &Path) -> Result<Process> {
    let store = store.to_str().context("a folder name in UTF-8")?;
    let arguments = ["-js", "-a", "127.0.0.1", "-p", &port.to_string(), "-sd", store];
    Process::start(program, &arguments, folder, &[])
}

/// A PostgreSQL server in a folder of its own. Dropping it ends it and removes its data.
pub struct Postgres {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Postgres {
    /// Starts a server; `None`, with a word on standard error, when PostgreSQL's programs are not found.
    ///
    /// # Errors
    /// When the server does not come up.
    pub fn start() -> Result<Option<Self>> {
        let Some(bin) = programs() else {
            eprintln!("skipped: no PostgreSQL in PG_BIN, on PATH or under /usr/lib/postgresql");
            return Ok(None);
        };
        let folder = tempfile::tempdir()?;
        // Others must be able to pass through, else PostgreSQL as another user cannot reach its own folder.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
        let data = folder.path().join("data");
        fs::create_dir(&data)?;
        if is_root() {
            chown(&data, Some(NOBODY), Some(NOBODY))?;
        }
        let log = fs::File::create(folder.path().join("initdb.log"))?;
        let made = as_other_user(&bin.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(log)
            .status()?;
        if !made.success() {
            bail!("initdb failed: {}", fs::read_to_string(folder.path().join("initdb.log"))?);
        }
        let port = free_port()?;
        let child = spawn_postgres(&bin, folder.path(), port)?;
        let mut server = Self { bin, folder, port, child };
        server.wait_until_it_answers()?;
        Ok(Some(server))
    }

    /// An administrator's address.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends it as `pg_ctl stop -m immediate` does: connections are cut, nothing is written back, and the next start
    /// recovers from the log.
    ///
    /// # Errors
    /// When it does not end.
    pub fn crash(&mut self) -> Result<()> {
        self.signal("-QUIT")?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("PostgreSQL has not ended 30 s after SIGQUIT");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Starts it again at the same address, and waits until it answers.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn restart(&mut self) -> Result<()> {
        self.child = spawn_postgres(&self.bin, self.folder.path(), self.port)?;
        self.wait_until_it_answers()
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { bail!("kill {signal} failed") }
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || fs::read_to_string(self.folder.path().join("postgres.log")).unwrap_or_default();
            if let Some(status) = self.child.try_wait()? {
                bail!("PostgreSQL ended with {status}: {}", log());
            }
            if Instant::now() > deadline {
                bail!("PostgreSQL does not answer after 60 s: {}", log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // PostgreSQL ends its children on SIGQUIT; a bare kill would leave them.
        if self.crash().is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn spawn_postgres(bin: &Path, folder: &Path, port: u16) -> Result<Child> {
    let (data, log) = (folder.join("data"), fs::File::create(folder.join("postgres.log"))?);
    as_other_user(&bin.join("postgres"))
        .arg("-D")
        .arg(&data)
        // A crash of the server leaves what it gave to the system; only a crash of the machine would need more.
        .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=200"])
        .args(["-c", &format!("port={port}"), "-c", "unix_socket_directories="])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .context("starting postgres")
}

/// The folder with PostgreSQL's programs.
fn programs() -> Option<PathBuf> {
    let has_both = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let named = std::env::var_os("PG_BIN").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = installed.map(|version| version.path().join("bin")).collect();
    installed.sort();
    named.into_iter().chain(std::env::split_paths(&path)).chain(installed.into_iter().rev()).find(has_both)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

fn as_other_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
    command
}
