use serde::{Deserialize, Serialize};

/// The section `goal`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where visions, goals and commitments are kept.
    pub database: arki_database::Config,
}
