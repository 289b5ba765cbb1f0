//! What happens without a caller.

pub mod forgetting;
pub mod leavers;
pub mod purging;
pub mod sweeper;
