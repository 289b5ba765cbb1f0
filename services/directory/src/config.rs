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
    /// How events are sent to others.
    pub webhooks: Webhooks,
    /// How what CRM systems tell is applied.
    pub intake: Intake,
    /// Time between two sweeps of remembered request ids, in seconds, at least 1. Default 3,600.
    pub sweep_seconds: u64,
    /// Time between two looks for planned changes of employment whose day has come, in seconds, at least 1. Default
    /// 60.
    pub due_seconds: u64,
    /// Time between two looks for tenants whose daily purge is due, in seconds, at least 1. What goes, and when, is the
    /// tenant's own policy. Default 600.
    pub retention_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: arki_database::Config::default(),
            admin_key_file: None,
            audit_retention_days: 730,
            sealing_key_files: Vec::new(),
            webhooks: Webhooks::default(),
            intake: Intake::default(),
            sweep_seconds: 3_600,
            due_seconds: 60,
            retention_seconds: 600,
        }
    }
}

/// The section `directory.webhooks`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// Whether endpoints may be at private addresses and any port, and on this machine without TLS: for tests and
    /// demonstrations. The gateway must be told the same in `gateway.webhooks.allow_private`. Default false.
    pub allow_private: bool,
    /// How long deliveries, what waits of them, and the log are kept, in days, 1 to 3650. Default 30.
    pub keep_days: u32,
    /// Where the pages of this Arki are, for the `dataschema` of events. Default `http://localhost:8080`.
    pub public_url: String,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { allow_private: false, keep_days: 30, public_url: "http://localhost:8080".to_owned() }
    }
}

/// The section `directory.intake`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Intake {
    /// How often what was told is tried before it is a dead letter, 1 to 100; the pauses between grow from a second by
    /// four times each. Default 8, which is about an hour and a half.
    pub tries: u32,
    /// How long the log of what was told is kept, in days, 1 to 3650. As long, an event that is told again is known.
    /// Default 30.
    pub keep_days: u32,
}

impl Default for Intake {
    fn default() -> Self {
        Self { tries: 8, keep_days: 30 }
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
        let Webhooks { allow_private: _, keep_days, public_url } = &self.webhooks;
        if !(1..=3_650).contains(keep_days) {
            return Err(Unusable("directory.webhooks.keep_days must be 1 to 3650"));
        }
        let is_url = public_url.starts_with("https://") || public_url.starts_with("http://");
        if !is_url || public_url.ends_with('/') || public_url.chars().any(char::is_whitespace) {
            return Err(Unusable(
                "directory.webhooks.public_url must be like https://arki.example.org, without a slash at its end",
            ));
        }
        if !(1..=100).contains(&self.intake.tries) {
            return Err(Unusable("directory.intake.tries must be 1 to 100"));
        }
        if !(1..=3_650).contains(&self.intake.keep_days) {
            return Err(Unusable("directory.intake.keep_days must be 1 to 3650"));
        }
        if self.due_seconds == 0 {
            return Err(Unusable("directory.due_seconds is 0: give at least 1"));
        }
        if self.retention_seconds == 0 {
            return Err(Unusable("directory.retention_seconds is 0: give at least 1"));
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
        let with = |webhooks| Config { webhooks, ..Config::default() };
        assert!(with(Webhooks { keep_days: 0, ..Webhooks::default() }).validate().is_err());
        let public_url = "https://arki.example.org/".to_owned();
        assert!(with(Webhooks { public_url, ..Webhooks::default() }).validate().is_err());
        assert!(Config { due_seconds: 0, ..Config::default() }.validate().is_err());
        assert!(Config { retention_seconds: 0, ..Config::default() }.validate().is_err());
    }
}
