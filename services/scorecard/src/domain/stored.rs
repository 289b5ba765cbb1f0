//! What everything that is kept has beside its content.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Something with its revision and its times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored<T> {
    pub value: T,
    /// Grows with every write.
    pub revision: u64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl<T> Stored<T> {
    #[must_use]
    pub fn new(value: T, now: DateTime<Utc>) -> Self {
        Self { value, revision: 1, create_time: now, update_time: now }
    }

    /// The same thing with another content.
    #[must_use]
    pub fn written(self, value: T, now: DateTime<Utc>) -> Self {
        Self { value, revision: self.revision + 1, create_time: self.create_time, update_time: now }
    }
}
