//! The statistics of Arki: pure functions from counts to numbers with their uncertainty.
//!
//! This crate owns the arithmetic of every published figure (recommendation scores, shares, means, emotion
//! palettes, response rates, shrinkage, multiple comparisons) and its agreement with reference implementations,
//! which `tests/vectors` holds. It deliberately does not know about tenants, units, metrics,
//! storage, time or wire formats. [`disclosure`] says which units of a tree may be shown at all; who sees what of it
//! is decided elsewhere.
//!
//! Start with [`histogram::Histogram`], the mergeable count of raw answers that everything else is computed from,
//! and [`interval`], the confidence level and interval that every estimate carries.
//!
//! Two promises hold everywhere. No function panics on input that can occur in production, an empty group
//! included; and no function returns a number that is not finite. Where a number does not exist, the answer is an
//! [`Error`] or a documented `None`.

mod beta;
mod chi_squared;
pub mod disclosure;
mod error;
pub mod histogram;
pub mod interval;
pub mod likert;
pub mod multiplicity;
pub mod normal;
pub mod nps;
pub mod palette;
pub mod planning;
pub mod proportion;
pub mod response_rate;
pub mod shrinkage;
pub mod student;

pub use error::Error;
pub use histogram::Histogram;
pub use interval::{Confidence, Interval};
