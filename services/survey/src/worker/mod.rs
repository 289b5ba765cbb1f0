//! What happens without a caller.

pub mod leavers;
pub mod sweeper;
