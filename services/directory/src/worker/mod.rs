//! What runs by itself.

mod listener;
mod sweeper;

pub(crate) use listener::Listener;
pub(crate) use sweeper::keep_log_swept;
