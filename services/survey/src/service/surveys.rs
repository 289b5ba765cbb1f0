use std::sync::Arc;

use arki_database::Store;
use arki_process::Clock;
use chrono::{DateTime, SubsecRound, Utc};
use tokio::sync::OnceCell;

use super::error::Error;
use super::intake::Intake;
use crate::domain::Secret;
use crate::peers::directory::Directory;
use crate::storage::secrets;
use crate::storage::versions::Versions;

/// Everything that the survey service does.
pub struct Surveys {
    pub(super) store: Store,
    pub(super) directory: Directory,
    pub(super) versions: Versions,
    pub(super) intake: Intake,
    clock: Arc<dyn Clock>,
    /// Read when it is first needed, because a service starts before its tables are there.
    secret: OnceCell<Secret>,
}

impl Surveys {
    pub fn new(
        store: Store,
        clock: Arc<dyn Clock>,
        directory: Directory,
        versions: Versions,
        intake: Intake,
    ) -> Self {
        Self { store, directory, versions, intake, clock, secret: OnceCell::new() }
    }

    /// The time now, no finer than the database keeps it: what a write answers is what a read will.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now().trunc_subsecs(6)
    }

    pub(super) async fn secret(&self) -> Result<&Secret, Error> {
        Ok(self.secret.get_or_try_init(|| secrets::read_or_make(&self.store)).await?)
    }

    /// The key by which page tokens are sealed.
    pub async fn page_key(&self) -> Result<[u8; 32], Error> {
        Ok(self.secret().await?.page_key())
    }
}

/// Refuses a change of something that has changed since it was read; an empty etag wants no such check.
pub(super) fn check_etag(etag: &str, revision: i64) -> Result<(), Error> {
    let stored = revision.to_string();
    if etag.is_empty() || etag == stored { Ok(()) } else { Err(Error::EtagMismatch { etag: stored }) }
}
