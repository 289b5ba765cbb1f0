//! Versions never change, so each is read once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use arki_database::Error;
use arki_ids::TenantId;
use sea_orm::ConnectionTrait;

use super::questionnaires;
use crate::domain::{Version, VersionKey};

/// Versions in memory at most. Beyond it all are forgotten, which costs one read for each that is used.
const MOST: usize = 2_000;

type Known = HashMap<(TenantId, VersionKey), Arc<Version>>;

/// The versions that were read. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Versions {
    known: Arc<RwLock<Known>>,
}

impl Versions {
    pub async fn find<C>(
        &self,
        db: &C,
        tenant: TenantId,
        key: VersionKey,
    ) -> Result<Option<Arc<Version>>, Error>
    where
        C: ConnectionTrait,
    {
        if let Some(version) = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&(tenant, key)) {
            return Ok(Some(version.clone()));
        }
        let Some(version) = questionnaires::find_version(db, tenant, key).await? else { return Ok(None) };
        let version = Arc::new(version);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert((tenant, key), version.clone());
        Ok(Some(version))
    }

    /// The version of something that refers to it. Versions are never deleted.
    pub async fn get<C>(&self, db: &C, tenant: TenantId, key: VersionKey) -> Result<Arc<Version>, Error>
    where
        C: ConnectionTrait,
    {
        self.find(db, tenant, key).await?.ok_or_else(|| Error::Corrupt(format!("{key} is missing")))
    }
}
