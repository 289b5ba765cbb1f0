//! By which keys of which systems a person is known.

use serde::{Deserialize, Serialize};

/// How many external ids a person may have.
pub const MOST_EXTERNAL_IDS: usize = 20;

/// A key by which a source system knows a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ExternalId {
    pub source: String,
    pub external_id: String,
}
