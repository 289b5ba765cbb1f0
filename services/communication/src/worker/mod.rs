//! What goes on by itself: occurrences become deliveries, and deliveries are sent.

mod planner;
mod sender;

pub(crate) use planner::Planner;
pub(crate) use sender::{Sender, counter};
