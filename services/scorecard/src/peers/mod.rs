//! What this service needs of the others.

mod directory;

pub use directory::{Directory, Error, HouseRules};
