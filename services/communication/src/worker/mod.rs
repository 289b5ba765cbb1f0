//! What goes on by itself: occurrences become deliveries, and deliveries are sent.

mod forgetting;
mod planner;
mod purging;
mod sender;

pub(crate) use forgetting::Forgetting;
pub(crate) use planner::Planner;
pub(crate) use purging::Purging;
pub(crate) use sender::{Sender, counter};
