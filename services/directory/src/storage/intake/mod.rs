//! What do we store of what CRM systems tell by webhook, and why.
//!
//! - `intake_endpoint`: where they tell it, what is made of it, and the sealed secrets by which they prove who they are.
//! - `intake_delivery`: what was told of one record, from before it is acknowledged until it is applied, and then the id
//!   of the event alone, by which it is known again when it is told again. While somebody applies it, `due_time` is the
//!   end of the lease; a higher `fence` tells whoever comes back late that it is not theirs any more.

pub mod deliveries;
pub mod endpoints;
pub mod queue;
