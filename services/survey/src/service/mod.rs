//! The use cases: one method each, with the rules of the row, the transaction and the events.
//!
//! Reading order: [`questionnaires`], [`waves`], [`opening`], [`forms`], [`intake`] and [`group`] (an answer on its
//! way to the disk), [`imports`], [`closing`].

pub mod announce;
pub mod closing;
pub mod dead_letters;
pub mod error;
pub mod forms;
pub mod group;
pub mod imports;
pub mod intake;
pub mod invitations;
pub mod opening;
pub mod questionnaires;
mod surveys;
pub mod waves;

pub use error::Error;
pub use group::Accepted;
pub use intake::Intake;
pub use surveys::Surveys;
