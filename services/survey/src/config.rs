use serde::{Deserialize, Serialize};

/// The section `survey`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where questionnaires, waves and answers are kept.
    pub database: arki_database::Config,
    /// How many submitted answers may wait for a commit, over all writers. Beyond it answers are refused at once,
    /// to be sent again a second later. Default 4,096.
    pub intake_queue: usize,
    /// PostgreSQL only: how many transactions of answers run side by side, 1 to 16. Default 2.
    pub intake_writers: usize,
    /// Time between two looks for waves whose end has come, in seconds, at least 1. Answers are refused from the
    /// end on, however rarely somebody looks. Default 5.
    pub sweep_seconds: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            database: arki_database::Config::default(),
            intake_queue: 4_096,
            intake_writers: 2,
            sweep_seconds: 5,
        }
    }
}

/// A setting that can't work.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(&'static str);

impl Config {
    pub fn validate(&self) -> Result<(), Unusable> {
        if self.intake_queue == 0 {
            return Err(Unusable("survey.intake_queue is 0: let at least one answer wait"));
        }
        if !(1..=16).contains(&self.intake_writers) {
            return Err(Unusable("survey.intake_writers must be 1 to 16"));
        }
        if self.sweep_seconds == 0 {
            return Err(Unusable("survey.sweep_seconds is 0: give at least 1"));
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
        for nonsense in [
            Config { intake_queue: 0, ..Config::default() },
            Config { intake_writers: 0, ..Config::default() },
            Config { intake_writers: 17, ..Config::default() },
            Config { sweep_seconds: 0, ..Config::default() },
        ] {
            assert!(nonsense.validate().is_err(), "{nonsense:?}");
        }
    }
}
