//! The rows as they stand in the tables.

pub mod invitation;
pub mod questionnaire;
pub mod questionnaire_version;
pub mod roster;
pub mod wave;
