use serde::{Deserialize, Serialize};

/// The section `scorecard`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where metrics, target profiles and counted answers are kept.
    pub database: arki_database::Config,
}
