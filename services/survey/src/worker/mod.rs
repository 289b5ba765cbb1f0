//! What happens without a caller.

pub mod sweeper;
