//! What Arki sends to programs of others, and where it may go: the types of events that leave, their form as
//! CloudEvents, the signature of Standard Webhooks, and the rules for addresses.
//!
//! Pure: it opens no connection and keeps nothing. The directory decides with it what is sent, the gateway where a
//! connection may lead, and both mean the same.
//!
//! Start with [`catalogue`], which says what may leave at all.

pub mod address;
pub mod catalogue;
mod cloudevent;
mod destination;
mod pattern;
mod schema;
mod signature;

pub use catalogue::{Catalogue, EventType};
pub use cloudevent::{CONTENT_TYPE, Event, PING};
pub use destination::{Destination, Refused};
pub use pattern::Pattern;
pub use signature::Secret;
