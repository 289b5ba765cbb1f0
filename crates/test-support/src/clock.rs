//! A clock that only the test moves.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arki_process::Clock;
use chrono::{DateTime, TimeDelta, Utc};

/// Stands still until a test moves it.
#[derive(Debug)]
pub struct FakeClock(Mutex<DateTime<Utc>>);

impl FakeClock {
    /// A clock that shows a time such as `2026-11-22T12:00:00Z`.
    pub fn at(time: &str) -> Arc<Self> {
        Arc::new(Self(Mutex::new(read(time))))
    }

    fn time(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves it on.
    pub fn advance(&self, by: TimeDelta) {
        *self.time() += by;
    }

    /// Sets it to a time such as `2026-11-22T12:00:00Z`.
    pub fn set(&self, time: &str) {
        *self.time() = read(time);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> DateTime<Utc> {
        *self.time()
    }
}

fn read(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}
