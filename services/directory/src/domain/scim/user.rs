//! A user.

use std::collections::BTreeSet;

use arki_ids::PersonId;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::super::person::email_key;
use super::{Resource, folded, kept, text};

/// A user.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The person that the user is.
    pub id: PersonId,
    /// What the client sent, in the form of `arki_scim`, without `id`, `meta` and `groups`.
    pub resource: Value,
    /// Grows with every change of the resource; the entity tag.
    pub revision: i64,
    pub create_time: DateTime<Utc>,
    pub update_time: DateTime<Utc>,
}

impl User {
    /// A new user, who is active where nothing else is said, so that a filter on `active` finds everybody.
    pub fn create(id: PersonId, resource: Value, now: DateTime<Utc>) -> Self {
        let mut resource = kept(resource, &["groups"]);
        if resource.get("active").is_none() {
            resource["active"] = true.into();
        }
        Self { id, resource, revision: 1, create_time: now, update_time: now }
    }

    /// The resource as a client may speak of it in a change: with its id.
    pub fn with_id(&self) -> Value {
        let mut resource = self.resource.clone();
        resource["id"] = self.id.to_string().into();
        resource
    }

    /// The user with another resource. The same resource keeps the revision.
    #[must_use]
    pub fn changed(&self, resource: Value, now: DateTime<Utc>) -> Self {
        let resource = kept(resource, &["groups"]);
        if resource == self.resource {
            return self.clone();
        }
        Self { resource, revision: self.revision + 1, update_time: now, ..self.clone() }
    }

    /// The name under which the provider knows the user.
    pub fn user_name(&self) -> &str {
        text(&self.resource, "userName").unwrap_or_default()
    }

    /// Every address as it is looked for.
    pub fn email_keys(&self) -> BTreeSet<String> {
        email_keys(&self.resource)
    }
}

impl Resource for User {
    type Id = PersonId;

    fn id(&self) -> PersonId {
        self.id
    }

    fn name_key(&self) -> String {
        folded(self.user_name())
    }

    fn external_id(&self) -> Option<&str> {
        text(&self.resource, "externalId")
    }

    const NAME: &'static str = "userName";
}

/// The addresses of a resource as they are looked for.
pub fn email_keys(resource: &Value) -> BTreeSet<String> {
    let emails = resource.get("emails").and_then(Value::as_array).into_iter().flatten();
    emails.filter_map(|email| email_key(text(email, "value")?)).collect()
}
