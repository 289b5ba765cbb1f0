//! The tables as they are. A query begins at `in_tenant`, and at nothing else.

pub mod commitment;
pub mod goal;
pub mod vision;
