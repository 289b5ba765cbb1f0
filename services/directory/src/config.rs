use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The section `directory`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the organisation, its people and its customers are kept.
    pub database: arki_database::Config,
    /// Where the first administrator's key is put. When there is no tenant at all, the service makes the tenant
    /// `default` and writes the secret of its administrator's key here, readable by its own user alone. A file that
    /// holds a secret already is taken as it is, so that it can be given from outside. Default: none, and then no
    /// first tenant is made.
    pub admin_key_file: Option<PathBuf>,
    /// How long entries of the audit log are kept, in days; 0 keeps them for ever. What is older is closed as a
    /// segment, of which the last hash stays. Default 730.
    pub audit_retention_days: u32,
    /// Files of at least 32 bytes that seal the secrets which must be read again, such as those that webhooks are
    /// signed with; the same ones in every replica. The first seals, all open, so that a new one is put in front.
    /// Default: none, and then nothing can be made that has such a secret.
    pub sealing_key_files: Vec<PathBuf>,
    /// Time between two sweeps of remembered request ids, in seconds, at least 1. Default 3,600.
    pub sweep_seconds: u64,
    /// Time between two looks for planned changes of employment whose day has come, in seconds, at least 1. Default
    /// 60.
    pub due_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: arki_database::Config::default(),
            admin_key_file: None,
            audit_retention_days: 730,
            sealing_key_files: Vec::new(),
            sweep_seconds: 3_600,
            due_seconds: 60,
        }
    }
}

/// A setting that can't work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(&'static str);

impl Config {
    /// How long entries of the audit log are kept; none for ever.
    pub(crate) fn audit_kept(&self) -> Option<chrono::TimeDelta> {
        (self.audit_retention_days > 0).then(|| chrono::TimeDelta::days(self.audit_retention_days.into()))
    }

    /// Refuses settings that can't work.
    ///
    /// # Errors
    /// Naming the first such setting and what to set instead.
    pub fn validate(&self) -> Result<(), Unusable> {
        if self.sweep_seconds == 0 {
            return Err(Unusable("directory.sweep_seconds is 0: give at least 1"));
        }
        if self.due_seconds == 0 {
            return Err(Unusable("directory.due_seconds is 0: give at least 1"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_nonsense_can_not() {
        assert_eq!(Config::default().validate(), Ok(()));
        assert!(Config { sweep_seconds: 0, ..Config::default() }.validate().is_err());
        assert!(Config { due_seconds: 0, ..Config::default() }.validate().is_err());
    }
}
