//! Users and groups as identity providers see them.
//!
//! A SCIM user is an employee (a [`Person`](super::Person) of the same id) and the resource as the provider sent it,
//! so that values read back to the letter. [`told`] says what of it becomes the person's; [`render`] adds what only
//! the directory knows; [`narrow`] finds the part of a filter that an index answers.

mod group;
pub mod narrow;
pub mod render;
pub mod told;
mod user;

pub use group::Group;
pub use user::{User, email_keys};

use std::hash::Hash;

use serde_json::Value;

/// A user or a group: what the two have in common for whoever keeps them.
pub trait Resource: Clone {
    /// What it is known by.
    type Id: Copy + Eq + Hash;

    /// Its id.
    fn id(&self) -> Self::Id;

    /// The unique name as it is looked for.
    fn name_key(&self) -> String;

    /// The id that the client gave.
    fn external_id(&self) -> Option<&str>;

    /// The attribute that holds the unique name.
    const NAME: &'static str;
}

/// A name as it is looked for: letter case aside, as `caseExact` false asks for (RFC 7643, section 2.2).
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// A text of the resource; none where it is empty.
fn text<'r>(resource: &'r Value, name: &str) -> Option<&'r str> {
    resource.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The resource without what the directory works out for each answer.
fn kept(mut resource: Value, worked_out: &[&str]) -> Value {
    if let Some(parts) = resource.as_object_mut() {
        for name in ["id", "meta"].iter().chain(worked_out) {
            parts.remove(*name);
        }
    }
    resource
}
