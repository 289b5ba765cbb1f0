//! Job roles.

use arki_ids::RoleId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A job role, such as driver or payroll clerk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    pub id: RoleId,
    pub display_name: String,
    /// The key in the HR system.
    pub external_id: Option<String>,
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

/// What an update changes; none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub display_name: Option<String>,
    pub external_id: Option<Option<String>>,
}

impl Role {
    /// A new role.
    pub fn create(id: RoleId, display_name: String, external_id: Option<String>, now: DateTime<Utc>) -> Self {
        Self { id, display_name, external_id, revision: 1, create_time: now, update_time: now }
    }

    /// The role after a change. A change of nothing keeps the revision.
    #[must_use]
    pub fn change(&self, change: Change, now: DateTime<Utc>) -> Self {
        let Change { display_name, external_id } = change;
        let changed = Self {
            display_name: display_name.unwrap_or_else(|| self.display_name.clone()),
            external_id: external_id.unwrap_or_else(|| self.external_id.clone()),
            ..self.clone()
        };
        if changed == *self {
            return changed;
        }
        Self { revision: self.revision + 1, update_time: now, ..changed }
    }
}
