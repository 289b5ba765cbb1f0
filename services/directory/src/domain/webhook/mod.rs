//! Where events are sent, and how often it is tried.

pub mod delivery;
pub mod endpoint;
pub mod schedule;

pub use delivery::{Attempt, Delivery};
pub use endpoint::Endpoint;
