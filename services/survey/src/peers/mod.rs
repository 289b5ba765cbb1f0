//! What this service needs of others.

pub mod directory;
