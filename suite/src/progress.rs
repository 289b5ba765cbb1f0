//! Telling a person at a terminal how a long job is coming along.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::Mutex,
    time::{Duration, Instant},
};

/// Writes steps to standard error, so that standard output holds results alone.
pub struct Progress {
    start: Instant,
    is_terminal: bool,
    last: Mutex<Instant>,
}

impl Progress {
    /// Starts the clock.
    pub fn start() -> Self {
        let now = Instant::now();
        Self { start: now, is_terminal: std::io::stderr().is_terminal(), last: Mutex::new(now) }
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// A step that is done.
    pub fn done(&self, what: &str) {
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        self.write(&format!("{clear}{:7.1} s  {what}\n", self.seconds()));
    }

    /// How far a step has come. On a terminal the line is written over; elsewhere a line comes every five seconds.
    pub fn step(&self, what: &str, done: usize, all: usize) {
        let pause = Duration::from_millis(if self.is_terminal { 100 } else { 5_000 });
        let Ok(mut last) = self.last.lock() else { return };
        if last.elapsed() < pause {
            return;
        }
        *last = Instant::now();
        let line = format!("{:7.1} s  {what}: {done} of {all}", self.seconds());
        self.write(&if self.is_terminal { format!("\r\x1b[K{line}") } else { format!("{line}\n") });
    }

    fn write(&self, text: &str) {
        // A terminal that went away is no reason to stop the job.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}
