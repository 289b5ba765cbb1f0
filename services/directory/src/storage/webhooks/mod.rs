//! Where events are sent, what waits to be sent, and what came of it.
//!
//! - `webhook_endpoint`: what its owner says of it. Secrets and the values of headers are sealed.
//! - `webhook_lane`: what sending changes of an endpoint, in a row of its own so that neither waits for the other.
//! - `webhook_event`: the body of an event, once for all endpoints of its tenant.
//! - `webhook_delivery`: one event for one endpoint, and when it is due. Whoever takes it to send it moves that time to
//!   the end of its lease and raises the fence: should it never come back, the delivery is due again by itself, and
//!   whatever it reports later counts for nothing.
//! - `webhook_attempt`: the log.

pub mod deliveries;
pub mod endpoints;
pub mod fan_out;
pub mod queue;
pub mod reports;
pub mod sweep;
