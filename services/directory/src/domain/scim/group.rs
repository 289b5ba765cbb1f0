//! A group of users.

use std::collections::BTreeSet;

use arki_ids::{PersonId, ScimGroupId};
use arki_scim::{Error, ScimType};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::{Resource, folded, kept, text};

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: ScimGroupId,
    /// What the client sent, in the form of `arki_scim`, without `id`, `meta` and `members`.
    pub resource: Value,
    pub members: BTreeSet<PersonId>,
    /// Grows with every change of the resource or of the members; the entity tag.
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl Group {
    /// A new group.
    ///
    /// # Errors
    /// `invalidValue` for a member whose id is none.
    pub fn create(id: ScimGroupId, resource: Value, now: DateTime<Utc>) -> Result<Self, Error> {
        let members = members(&resource)?;
        let resource = kept(resource, &["members"]);
        Ok(Self { id, resource, members, revision: 1, create_time: now, update_time: now })
    }

    /// The resource as a client may speak of it in a change: with its id and its members.
    pub fn with_members(&self) -> Value {
        let mut resource = self.resource.clone();
        resource["id"] = self.id.to_string().into();
        if !self.members.is_empty() {
            let members = self.members.iter().map(|member| json!({"value": member.to_string()}));
            resource["members"] = members.collect();
        }
        resource
    }

    /// The group with another resource, which holds its members. The same keeps the revision.
    ///
    /// # Errors
    /// `invalidValue` for a member whose id is none.
    pub fn changed(&self, resource: Value, now: DateTime<Utc>) -> Result<Self, Error> {
        let members = members(&resource)?;
        let resource = kept(resource, &["members"]);
        Ok(self.revised(Self { resource, members, ..self.clone() }, now))
    }

    /// The group without a member.
    #[must_use]
    pub fn without(&self, member: PersonId, now: DateTime<Utc>) -> Self {
        let mut changed = self.clone();
        changed.members.remove(&member);
        self.revised(changed, now)
    }

    fn revised(&self, changed: Self, now: DateTime<Utc>) -> Self {
        if changed == *self {
            return changed;
        }
        Self { revision: self.revision + 1, update_time: now, ..changed }
    }

    /// What people call the group.
    pub fn display_name(&self) -> &str {
        text(&self.resource, "displayName").unwrap_or_default()
    }
}

impl Resource for Group {
    type Id = ScimGroupId;

    fn id(&self) -> ScimGroupId {
        self.id
    }

    fn name_key(&self) -> String {
        folded(self.display_name())
    }

    fn external_id(&self) -> Option<&str> {
        text(&self.resource, "externalId")
    }

    const NAME: &'static str = "displayName";
}

fn members(resource: &Value) -> Result<BTreeSet<PersonId>, Error> {
    let members = resource.get("members").and_then(Value::as_array).into_iter().flatten();
    members.filter_map(Value::as_object).map(member).collect()
}

fn member(parts: &Map<String, Value>) -> Result<PersonId, Error> {
    let value = parts.get("value").and_then(Value::as_str).unwrap_or_default();
    value.parse().map_err(|_| no_such_member(value))
}

/// A member must be a user of the same tenant.
pub(crate) fn no_such_member(value: &str) -> Error {
    let shown: String = value.chars().take(64).collect();
    Error::of(ScimType::InvalidValue, format!("members: there is no user {shown:?}"))
}
