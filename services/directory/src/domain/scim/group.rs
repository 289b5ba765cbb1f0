//! A group of users.

use std::collections::BTreeSet;

use arki_ids::ScimGroupId;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Resource, folded, kept, text};

/// A group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub id: ScimGroupId,
    /// What the client sent, in the form of `arki_scim`, without `id`, `meta` and `members`.
    pub resource: Value,
    /// Ids of users, as they were sent. One that is no user's is kept and has no effect.
    pub members: BTreeSet<String>,
    /// Grows with every change of the resource or of the members; the entity tag.
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl Group {
    /// A new group.
    pub fn create(id: ScimGroupId, resource: Value, now: DateTime<Utc>) -> Self {
        let members = members(&resource);
        let resource = kept(resource, &["members"]);
        Self { id, resource, members, revision: 1, create_time: now, update_time: now }
    }

    /// The resource as a client may speak of it in a change: with its id and its members.
    pub fn with_members(&self) -> Value {
        let mut resource = self.resource.clone();
        resource["id"] = self.id.to_string().into();
        if !self.members.is_empty() {
            let members = self.members.iter().map(|member| json!({"value": member}));
            resource["members"] = members.collect();
        }
        resource
    }

    /// The group with another resource, which holds its members. The same keeps the revision.
    #[must_use]
    pub fn changed(&self, resource: Value, now: DateTime<Utc>) -> Self {
        let members = members(&resource);
        let resource = kept(resource, &["members"]);
        self.revised(Self { resource, members, ..self.clone() }, now)
    }

    /// The group without a member.
    #[must_use]
    pub fn without(&self, member: &str, now: DateTime<Utc>) -> Self {
        let mut changed = self.clone();
        changed.members.remove(member);
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

fn members(resource: &Value) -> BTreeSet<String> {
    let members = resource.get("members").and_then(Value::as_array).into_iter().flatten();
    members.filter_map(|member| text(member, "value")).map(str::to_owned).collect()
}
