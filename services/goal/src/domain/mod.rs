//! What a vision, a goal and a commitment are, and which changes of them make sense. Pure: time, ids and what other
//! services know are arguments.

pub mod commitment;
pub mod coverage;
mod error;
pub mod goal;
pub mod lint;
pub mod organisation;
mod state;
pub mod tree;
pub mod vision;

pub use commitment::{Commitment, CommitmentState};
pub use error::{EmptyText, Error, Missing};
pub use goal::{Goal, GoalChange, GoalContent, Place};
pub use organisation::Organisation;
pub use state::State;
pub use vision::{Vision, VisionChange, VisionContent};
