//! Bulk requests (RFC 7644, section 3.7): the operations, who waits for whom, and the answer.
//!
//! An operation may stand for a resource that another one creates, by `bulkId:…` in its data or path, also when that
//! one comes later. [`Run`] hands out the operations so that each comes after those it waits for and otherwise in
//! the order of the request, and collects what came of them. The caller executes; nothing here does or waits.

mod request;
mod run;

pub use request::{Limits, Method, Operation, Request};
pub use run::{Done, Run, Task};

/// The schema of a bulk request.
pub const REQUEST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The schema of the answer.
pub const RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
