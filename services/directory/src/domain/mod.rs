//! The meaning of the directory: what a unit, a person or an outcome is, and which rules hold.
//!
//! Everything here is pure. Time and ids are arguments; nothing waits, reads or writes. Start with [`history`],
//! on which units and memberships are built.

pub mod account;
pub mod ambassador;
pub mod api_key;
pub mod attribute;
pub mod audience;
pub mod audit;
pub mod circle;
pub mod consent;
pub mod contact;
pub mod crm;
pub mod duplicate;
pub mod erasure;
pub mod history;
pub mod identity_provider;
pub mod import;
pub mod intake;
pub mod merge;
pub mod money;
pub mod outcome;
pub mod person;
pub mod purge;
pub mod retention;
pub mod role;
pub mod role_binding;
pub mod scim;
pub mod scope;
pub mod serves;
pub mod suppression;
pub mod tenant;
pub mod tree;
pub mod unit;
pub mod webhook;
pub mod workforce;

pub use account::Account;
pub use api_key::ApiKey;
pub use history::History;
pub use identity_provider::IdentityProvider;
pub use outcome::Outcome;
pub use person::Person;
pub use role::Role;
pub use role_binding::RoleBinding;
pub use tenant::Tenant;
pub use unit::Unit;

/// A value that the rules refuse, by the path of its field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Refused {
    /// The field inside the resource, such as `attributes["site"]`.
    pub field: String,
    /// What is wrong and what would be right.
    pub problem: String,
}

impl Refused {
    /// A refusal of one field.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// What an etag says of a resource: its revision.
pub fn etag(revision: i64) -> String {
    revision.to_string()
}
