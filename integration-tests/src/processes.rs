//! Processes of Arki that a test starts, watches and may kill.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

/// A process that ends with the test.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program`, of this workspace unless it is a path, with `arguments`; what it says goes to a file in `folder`.
    ///
    /// # Errors
    /// When the program was not built, or cannot be started.
    pub fn start(
        program: &str,
        arguments: &[&str],
        folder: &Path,
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let path = if program.contains('/') { PathBuf::from(program) } else { built(program)? };
        let log = folder.join(Path::new(program).file_name().unwrap_or_default()).with_extension("log");
        let file = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(path)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("starting {program}"))?;
        Ok(Self { name: program.to_owned(), child, log })
    }

    /// Ends the process as a power cut would: at once, with no chance to tidy up.
    ///
    /// # Errors
    /// When the process is not ours to kill any more.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Ends the process as an operator would, and waits for it.
    ///
    /// # Errors
    /// When it has not ended after half a minute.
    pub fn terminate(&mut self) -> Result<()> {
        self.signal("-TERM")?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("{} has not ended 30 s after SIGTERM: {}", self.name, self.log())
    }

    /// Sends a signal, such as `-STOP`.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { bail!("kill {signal} failed") }
    }

    /// Whether the process still runs; with what it said last when it does not.
    ///
    /// # Errors
    /// When it has ended.
    pub fn must_run(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended with {status}: {}", self.name, self.log()),
        }
    }

    /// The last lines that it said.
    pub fn log(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().rev().take(8).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Its id, to look at it from outside.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of this workspace beside the test that runs: `target/<profile>/<program>`.
///
/// # Errors
/// When it was not built.
pub fn built(program: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let found = test.ancestors().map(|folder| folder.join(program)).find(|path| path.is_file());
    found.with_context(|| {
        format!("{program} is not built; run `cargo xtask test`, or `cargo build --workspace` first")
    })
}
