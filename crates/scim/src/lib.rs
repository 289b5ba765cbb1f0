//! SCIM 2.0 (RFC 7643, RFC 7644) as a language: what its documents, filters and changes mean.
//!
//! The crate owns the filter grammar and its meaning, PATCH, the schemas that Arki declares, the projection and
//! order of resources, list and error bodies, entity tags and the plan of a bulk request. It reads the dialects of
//! Entra ID and Okta as well as the RFC, and writes the RFC only.
//!
//! It knows nothing of HTTP servers, tenants, databases or the directory: a resource is a [`serde_json::Value`]
//! in the form that [`schema::ResourceType::create`] gives, and whether a user name is taken is for the caller to
//! find out.
//!
//! Where to start: [`schema::ResourceType::user`] says what a user is, [`patch::Patch`] changes one,
//! [`filter::Filter`] finds some, [`list::Query`] reads what a client asked of a list, [`bulk::Run`] walks a bulk
//! request. Everything that can go wrong is an [`Error`] which is also the body of the answer.
//!
//! ```
//! use arki_scim::{filter::Filter, patch::Patch, schema::ResourceType};
//! use serde_json::json;
//!
//! let kind = ResourceType::user();
//! let ann = kind.create(&json!({
//!     "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
//!     "userName": "ann@example.com",
//! }))?;
//! let patch = Patch::parse(&json!({
//!     "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
//!     "Operations": [{"op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+358 40 000"}],
//! }))?;
//! let ann = patch.apply(&kind, &ann)?;
//! let filter = "userName eq \"ANN@example.com\" and phoneNumbers pr".parse::<Filter>()?.checked(&kind)?;
//! assert!(filter.matches(&kind, &ann));
//! # Ok::<(), arki_scim::Error>(())
//! ```

pub mod bulk;
mod error;
pub mod etag;
pub mod filter;
pub mod list;
pub mod media;
mod name;
pub mod patch;
pub mod path;
mod scan;
pub mod schema;

pub use error::{Error, ScimType};
pub use name::AttributePath;
